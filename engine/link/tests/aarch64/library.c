// What a compiler writes for AArch64: aarch64-linux-gnu-gcc -O1 -fPIC -ffunction-sections -c library.c
#include <stdio.h>
#include <string.h>

static _Thread_local int calls = 40;
_Thread_local int zeros[3];
static int started;
static const char *const words[] = {"one", "two", "three"};
int common_block[100];
extern int environ_is_optional(void) __attribute__((weak));

__attribute__((constructor)) static void start(void) { started = 1; }

__attribute__((noinline)) static int twice(int value) { return value * 2; }
int (*const operation)(int) = twice;

int answer(int argument) {
    common_block[7] += argument;
    zeros[1]++;
    calls++;
    char text[32];
    snprintf(text, sizeof text, "%s", words[argument % 3]);
    int weak = environ_is_optional ? 1000 : 0;
    return started * 10000 + operation(calls) + zeros[1] + (int)strlen(text) + common_block[7] + weak;
}
