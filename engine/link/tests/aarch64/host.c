// Loads the linked image, as an engine would: aarch64-linux-gnu-gcc -o host host.c
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **arguments) {
    void *image = dlopen(arguments[1], RTLD_NOW);
    if (!image) return puts(dlerror()), 1;
    int (*answer)(int) = (int (*)(int))dlsym(image, "answer");
    answer(2);
    return printf("%d\n", answer(2)) < 0;
}
