#!/bin/sh
# A linker for rustc that only keeps what it is given: files in $CAPTURE, the command line in $CAPTURE/arguments with
# @OUT@ for the output, the shared libraries it names in $CAPTURE/libraries. With CAPTURE_OF=libscripts.so it does so
# for that output alone, and links everything, so that it can be the linker of a whole build by cargo.
case "$*" in *"$CAPTURE_OF"*) ;; *) exec cc "$@" ;; esac
rm -rf "$CAPTURE"
mkdir -p "$CAPTURE"
folders=
previous=
for argument in "$@"; do
    file=${argument#-Wl,--version-script=}
    if [ "$previous" = -o ]; then
        echo @OUT@
    elif [ "${argument%.so}" != "$argument" ]; then
        echo "$argument" >>"$CAPTURE/libraries"
        echo "$argument"
    elif [ "$previous" = -L ] || [ "$argument" = -o ] || [ ! -f "$file" ]; then
        echo "$argument"
    else
        cp "$file" "$CAPTURE/"
        echo "${argument%"$file"}$CAPTURE/$(basename "$file")"
    fi
    [ "$previous" = -L ] && folders="$folders $argument"
    case $argument in -l*)
        for folder in $folders; do
            library=$folder/lib${argument#-l}.so
            [ -f "$library" ] && echo "$library" >>"$CAPTURE/libraries"
        done ;;
    esac
    previous=$argument
done >"$CAPTURE/arguments"
touch "$CAPTURE/libraries"
[ -z "$CAPTURE_OF" ] || exec cc "$@"
