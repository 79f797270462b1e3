// What C compilers' objects can hold: `cc -c -fPIC first.c second.c`, each check 1 if it works.
#include <math.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Common symbols: the larger one counts, and both objects have the same.
int common_numbers[4];
char common_bytes[3];
extern int *second_common(void);
int common_symbols_are_one(void) {
    second_common()[50] = 6;
    common_numbers[1] = 5;
    return second_common() == common_numbers && second_common()[1] == 5 && common_bytes[2] == 0;
}

// Weak symbols: undefined ones are null, and a strong definition wins.
extern int nobody_defines_this(void) __attribute__((weak));
extern int nobody_has_this_value __attribute__((weak));
int overridden(void) { return 1; }
extern int second_calls_overridden(void);
int weak_symbols(void) {
    int (*volatile function)(void) = nobody_defines_this;
    return !function && !&nobody_has_this_value && overridden() == 1 && second_calls_overridden() == 1;
}
int calls_null_only_if_there(void) { return nobody_defines_this ? nobody_defines_this() : 1; }

// A function chosen when the image is loaded.
static int chosen_one(void) { return 11; }
static void *choose(void) { return (void *)chosen_one; }
int chosen(void) __attribute__((ifunc("choose")));
static int (*const chosen_pointer)(void) = chosen;
static int local_chosen(void) __attribute__((ifunc("choose")));
extern int second_calls_chosen(void);
int indirect_functions(void) {
    int (*volatile pointer)(void) = chosen;
    return chosen() == 11 && pointer() == 11 && chosen_pointer() == 11 && local_chosen() == 11 && second_calls_chosen() == 11;
}

// Thread-locals in every model.
_Thread_local int general = 3;
static _Thread_local int own = 4;
static _Thread_local int zeros[5];
__attribute__((tls_model("initial-exec"))) static _Thread_local int initial = 5;
static void *other_thread(void *result) {
    *(int *)result = general++ * 100 + own++ * 10 + initial++ + zeros[4]++;
    return NULL;
}
extern int second_general(void);
int thread_locals(void) {
    general = own = initial = zeros[4] = 1;
    int seen = 0;
    pthread_t thread;
    pthread_create(&thread, NULL, other_thread, &seen);
    pthread_join(thread, NULL);
    return seen == 345 && general == 1 && own == 1 && initial == 1 && zeros[4] == 1 && second_general() == 1;
}

// Constructors in the order of their numbers.
static int order;
__attribute__((constructor(300))) static void later(void) { order = order * 10 + 3; }
__attribute__((constructor(200))) static void earlier(void) { order = order * 10 + 2; }
__attribute__((constructor)) static void last(void) { order = order * 10 + 4; }
int constructors(void) { return order == 234; }

// What each program gets from the part of the C library that is linked into it.
static void nothing(void) {}
int libc_nonshared(void) { return atexit(nothing) == 0 && pthread_atfork(nothing, nothing, nothing) == 0 && at_quick_exit(nothing) == 0; }

// Ends of the image, hidden symbols, switch tables, the mathematics library.
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern void *__dso_handle __attribute__((visibility("hidden")));
extern char _end[] __attribute__((visibility("hidden")));
__attribute__((visibility("hidden"))) int hidden_value = 9;
extern int second_hidden(void);
int ends_and_visibility(void) {
    return memcmp(__ehdr_start, "\177ELF", 4) == 0 && (char *)&__dso_handle >= __ehdr_start && _end > __ehdr_start && second_hidden() == 9;
}
int jump_table(int value) {
    switch (value) {
    case 0: return 7;
    case 1: return (int)cbrt(27.0);
    case 2: return abs(value) + 3;
    case 3: return (int)strlen("four");
    case 4: return overridden();
    case 5: return 99;
    default: return 0;
    }
}
int jump_tables(void) {
    volatile int sum = 0;
    for (int value = 0; value < 7; value++) sum += jump_table(value);
    return sum == 7 + 3 + 5 + 4 + 1 + 99;
}

// A function of a group that both objects have: one copy stays.
__asm__(".section .text.grouped,\"axG\",@progbits,grouped,comdat\n"
        ".weak grouped\n.type grouped,@function\ngrouped: lea grouped(%rip), %rax\nret\n.size grouped, .-grouped\n.text\n");
extern void *grouped(void);
extern void *second_grouped(void);
int groups_are_merged(void) { return grouped() == second_grouped() && grouped() == (void *)grouped; }
