#!/bin/sh
# Writes the objects that tests change at random. They are kept, so that a failure can be met again.
set -e
rustc --edition=2024 --crate-type=lib --emit=obj -Cpanic=abort -Cdebuginfo=1 -Ccodegen-units=1 -Copt-level=1 \
    --remap-path-prefix="$PWD"=. -o script.o script.rs
cc -c -O1 -g1 -fPIC -fcommon -ffunction-sections -fdebug-prefix-map="$PWD"=. -o plain.o plain.c
rm -f both.a
ar rcD both.a script.o plain.o
