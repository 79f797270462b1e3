// What the C compiler adds: `sh make.sh` writes `plain.o`.
extern int puts(const char *);
extern int maybe(void) __attribute__((weak));
int common_numbers[10];
static _Thread_local int calls = 4;
_Thread_local int general;
static int chosen_one(void) { return 1; }
static void *choose(void) { return (void *)chosen_one; }
int chosen(void) __attribute__((ifunc("choose")));
static int (*const table[])(void) = {chosen, chosen_one};
__attribute__((constructor(200))) static void start(void) { calls++; }
__attribute__((section("list"))) int listed[3] = {1, 2, 3};
extern int __start_list[], __stop_list[];
int answer(int index) {
    general++;
    if (maybe) puts("maybe");
    return table[index & 1]() + calls + common_numbers[index] + (int)(__stop_list - __start_list);
}
