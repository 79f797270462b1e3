// The other object of `first.c`'s checks.
int common_numbers[100];
char common_bytes[2];
int *second_common(void) { return common_numbers; }

__attribute__((weak)) int overridden(void) { return 2; }
int second_calls_overridden(void) { return overridden(); }

extern int chosen(void);
int second_calls_chosen(void) { return chosen(); }

extern _Thread_local int general;
int second_general(void) { return general; }

extern int hidden_value __attribute__((visibility("hidden")));
int second_hidden(void) { return hidden_value; }

__asm__(".section .text.grouped,\"axG\",@progbits,grouped,comdat\n"
        ".weak grouped\n.type grouped,@function\ngrouped: lea grouped(%rip), %rax\nret\n.size grouped, .-grouped\n.text\n");
extern void *grouped(void);
void *second_grouped(void) { return grouped(); }
