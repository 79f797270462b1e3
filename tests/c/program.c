/* Calls every function of the C interface, rightly and wrongly. Says each step that it has come to; the test that
 * started it edits the scripts meanwhile. */
#define _POSIX_C_SOURCE 200809L
#include <liveline.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            printf("line %d: %s; %s\n", __LINE__, #condition, liveline_error());               \
            fflush(stdout);                                                                    \
            exit(1);                                                                           \
        }                                                                                      \
    } while (0)

static liveline_engine *engine;
static liveline_function answer, fail, add, call_back, crash, letters, unknown;
/* The generation that the program has begun with. */
static uint64_t first;

static void say(const char *step) {
    printf("%s\n", step);
    fflush(stdout);
}

static void rest(void) {
    const struct timespec time = {0, 5 * 1000 * 1000};
    nanosleep(&time, NULL);
}

/* The error's sentence has this in it. */
static int said(const char *part) {
    return strstr(liveline_error(), part) != NULL;
}

/* Polls until an event of a kind has come. */
static liveline_event wait_for(int32_t kind) {
    liveline_event event;
    for (;;) {
        CHECK(liveline_poll(engine) == LIVELINE_OK);
        liveline_result result;
        while ((result = liveline_next_event(engine, &event)) == LIVELINE_OK) {
            CHECK(event.text != NULL);
            printf("event %d: %s\n", event.kind, event.text);
            if (event.kind == kind) return event;
            CHECK(event.kind != LIVELINE_EVENT_TROUBLE);
        }
        CHECK(result == LIVELINE_NONE && event.text == NULL);
        fflush(stdout);
        rest();
    }
}

static void refuses_wrong_options(void) {
    liveline_engine *none = (liveline_engine *)&engine;
    liveline_options options = {0};
    CHECK(liveline_version() == LIVELINE_VERSION);
    CHECK(strcmp(liveline_error(), "") == 0);
    CHECK(liveline_attach(&options, &none) == LIVELINE_ERROR_VERSION && none == NULL && said("version 0"));
    options.version = LIVELINE_VERSION + 1;
    CHECK(liveline_attach(&options, &none) == LIVELINE_ERROR_VERSION);
    options.version = LIVELINE_VERSION;
    CHECK(liveline_attach(&options, NULL) == LIVELINE_ERROR_ARGUMENT && said("`engine` is a null pointer"));
    options.workspace = "/no such folder";
    CHECK(liveline_attach(&options, &none) == LIVELINE_ERROR_ARGUMENT && said("/no such folder"));
    options.workspace = "\xff";
    CHECK(liveline_attach(&options, &none) == LIVELINE_ERROR_ARGUMENT && said("UTF-8"));
}

static void refuses_what_is_no_engine(liveline_engine *wrong, liveline_result expected) {
    liveline_function slot = NULL;
    liveline_event event;
    liveline_fault fault;
    uint64_t number;
    CHECK(liveline_poll(wrong) == expected && liveline_error()[0] != 0);
    CHECK(liveline_bind(wrong, "scripts", "answer", &slot) == expected);
    CHECK(liveline_unbind(wrong, &slot) == expected);
    CHECK(liveline_call(wrong, &slot, NULL, NULL) == expected);
    CHECK(liveline_next_event(wrong, &event) == expected);
    CHECK(liveline_last_fault(wrong, &fault) == expected);
    CHECK(liveline_generation(wrong, "scripts", &number) == expected);
    CHECK(liveline_calls(wrong, &slot, &number) == expected);
    CHECK(liveline_recover_from_crashes(wrong) == expected);
    CHECK(liveline_detach(wrong) == expected);
}

static void call_answer(liveline_function function, void *result) {
    *(int32_t *)result = ((int32_t(*)(void))function)();
}

static void call_fail(liveline_function function, void *how) {
    *(int32_t *)how = ((int32_t(*)(int32_t))function)(*(int32_t *)how);
}

static void call_add(liveline_function function, void *sum) {
    *(int32_t *)sum = ((int32_t(*)(int32_t, int32_t))function)(*(int32_t *)sum, 2);
}

static void refuses_wrong_arguments(void) {
    liveline_function slot = NULL;
    liveline_options options = {LIVELINE_VERSION, NULL};
    liveline_engine *second;
    int32_t result = 0;
    uint64_t number = 7;
    CHECK(liveline_bind(engine, NULL, "answer", &slot) == LIVELINE_ERROR_ARGUMENT && said("`library`"));
    CHECK(liveline_bind(engine, "scripts", NULL, &slot) == LIVELINE_ERROR_ARGUMENT && said("`name`"));
    CHECK(liveline_bind(engine, "scripts", "\xfe", &slot) == LIVELINE_ERROR_ARGUMENT);
    CHECK(liveline_bind(engine, "scripts", "answer", NULL) == LIVELINE_ERROR_ARGUMENT && said("`slot`"));
    CHECK(liveline_unbind(engine, NULL) == LIVELINE_ERROR_ARGUMENT);
    CHECK(liveline_unbind(engine, &slot) == LIVELINE_ERROR_UNKNOWN && said("not bound"));
    CHECK(liveline_call(engine, NULL, call_answer, &result) == LIVELINE_ERROR_ARGUMENT);
    CHECK(liveline_call(engine, &slot, NULL, NULL) == LIVELINE_ERROR_ARGUMENT);
    CHECK(liveline_call(engine, &slot, call_answer, &result) == LIVELINE_ERROR_UNKNOWN);
    CHECK(liveline_next_event(engine, NULL) == LIVELINE_ERROR_ARGUMENT);
    CHECK(liveline_last_fault(engine, NULL) == LIVELINE_ERROR_ARGUMENT);
    CHECK(liveline_generation(engine, NULL, &number) == LIVELINE_ERROR_ARGUMENT);
    CHECK(liveline_generation(engine, "scripts", NULL) == LIVELINE_ERROR_ARGUMENT);
    CHECK(liveline_calls(engine, NULL, &number) == LIVELINE_ERROR_ARGUMENT);
    CHECK(liveline_calls(engine, &slot, &number) == LIVELINE_ERROR_UNKNOWN);
    CHECK(liveline_generation(engine, "scripts", &number) == LIVELINE_NONE && number == 0);
    /* A second engine of this process is an engine like any other. */
    CHECK(liveline_attach(&options, &second) == LIVELINE_OK && second != engine);
    CHECK(liveline_detach(second) == LIVELINE_OK);
    CHECK(liveline_detach(second) == LIVELINE_ERROR_HANDLE && said("detached already"));
}

static void binds_before_there_is_code(void) {
    liveline_fault fault;
    int32_t result = 0;
    uint64_t calls = 7;
    CHECK(liveline_bind(engine, "scripts", "answer", &answer) == LIVELINE_OK && !answer);
    CHECK(liveline_bind(engine, "scripts", "fail", &fail) == LIVELINE_OK);
    CHECK(liveline_bind(engine, "scripts", "add", &add) == LIVELINE_OK);
    CHECK(liveline_bind(engine, "scripts", "call_back", &call_back) == LIVELINE_OK);
    CHECK(liveline_call(engine, &answer, call_answer, &result) == LIVELINE_ERROR_NOT_LOADED && said("server"));
    CHECK(liveline_calls(engine, &answer, &calls) == LIVELINE_OK && calls == 0);
    CHECK(liveline_last_fault(engine, &fault) == LIVELINE_NONE && fault.message == NULL);
}

static void calls_and_counts(void) {
    int32_t result = 0;
    uint64_t calls = 0;
    CHECK(liveline_call(engine, &answer, call_answer, &result) == LIVELINE_OK && result == 1);
    CHECK(((int32_t(*)(void))answer)() == 1);
    CHECK(liveline_calls(engine, &answer, &calls) == LIVELINE_OK && calls == 2);
    result = 40;
    CHECK(liveline_call(engine, &add, call_add, &result) == LIVELINE_OK && result == 42);
    CHECK(((int32_t(*)(int32_t, int32_t))add)(1, 2) == 3);
    CHECK(liveline_calls(engine, &add, &calls) == LIVELINE_OK && calls == 1);
    /* One that is bound while its library runs has code at once. */
    CHECK(liveline_bind(engine, "scripts", "letters", &letters) == LIVELINE_OK && letters);
    CHECK(((size_t(*)(const char *))letters)("a1b2") == 2);
    CHECK(liveline_bind(engine, "scripts", "nothing", &unknown) == LIVELINE_ERROR_UNKNOWN && !unknown);
    CHECK(said("has no function `nothing`"));
    CHECK(liveline_unbind(engine, &letters) == LIVELINE_OK && letters);
    CHECK(liveline_unbind(engine, &letters) == LIVELINE_ERROR_UNKNOWN);
}

static void survives_panics(void) {
    liveline_fault fault;
    liveline_event event;
    int32_t result = 5;
    CHECK(liveline_call(engine, &fail, call_fail, &result) == LIVELINE_FAULT && result == -7);
    CHECK(said("fail panicked at scripts/src/lib.rs:"));
    CHECK(liveline_last_fault(engine, &fault) == LIVELINE_OK);
    CHECK(strcmp(fault.library, "scripts") == 0 && strcmp(fault.function, "fail") == 0);
    CHECK(strstr(fault.message, "index out of bounds") && strcmp(fault.file, "scripts/src/lib.rs") == 0);
    CHECK(fault.line == 15 && fault.column == 35 && fault.generation == first);
    event = wait_for(LIVELINE_EVENT_FAULTED);
    CHECK(event.line == 15 && strcmp(event.function, "fail") == 0 && strcmp(event.library, "scripts") == 0);
    /* A call that goes well says so, also after one that did not. */
    result = 0;
    CHECK(liveline_call(engine, &fail, call_fail, &result) == LIVELINE_OK && result == 0);
    CHECK(((int32_t(*)(int32_t))fail)(5) == -7);
    CHECK(liveline_call(engine, &answer, call_answer, &result) == LIVELINE_OK && result == 1);
}

/* What a script calls back. */
static void inside(void *count) {
    int32_t result = 0;
    CHECK(liveline_poll(engine) == LIVELINE_ERROR_IN_SCRIPT && said("wait until"));
    CHECK(liveline_detach(engine) == LIVELINE_ERROR_IN_SCRIPT);
    CHECK(liveline_call(engine, &answer, call_answer, &result) == LIVELINE_OK && result == 1);
    *(int *)count += 1;
}

static void call_call_back(liveline_function function, void *count) {
    ((void (*)(void (*)(void *), void *))function)(inside, count);
}

static void may_be_called_back(void) {
    int count = 0;
    CHECK(liveline_call(engine, &call_back, call_call_back, &count) == LIVELINE_OK && count == 1);
    CHECK(liveline_poll(engine) == LIVELINE_OK);
}

static void *elsewhere(void *unused) {
    refuses_what_is_no_engine(engine, LIVELINE_ERROR_THREAD);
    CHECK(said("belongs to the thread"));
    /* Scripts themselves run anywhere, and so do their panics. */
    CHECK(((int32_t(*)(void))answer)() == 1);
    CHECK(((int32_t(*)(int32_t))fail)(1) == -7);
    return unused;
}

static void belongs_to_its_thread(void) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, elsewhere, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void call_crash(liveline_function function, void *result) {
    *(int32_t *)result = ((int32_t(*)(const int32_t *))function)(*(int32_t *)result == 0 ? NULL : result);
}

static void comes_back_from_crashes(void) {
    liveline_fault fault;
    int32_t result = 3;
    CHECK(liveline_recover_from_crashes(engine) == LIVELINE_OK);
    CHECK(liveline_bind(engine, "scripts", "crash", &crash) == LIVELINE_OK);
    CHECK(liveline_call(engine, &crash, call_crash, &result) == LIVELINE_OK && result == 3);
    for (int time = 0; time < 3; ++time) {
        result = 0;
        CHECK(liveline_call(engine, &crash, call_crash, &result) == LIVELINE_FAULT && said("SIGSEGV"));
        CHECK(liveline_last_fault(engine, &fault) == LIVELINE_OK && strcmp(fault.function, "crash") == 0);
        CHECK(strcmp(fault.file, "scripts/src/lib.rs") == 0 && fault.line == 22);
        CHECK(liveline_poll(engine) == LIVELINE_OK);
    }
    wait_for(LIVELINE_EVENT_FAULTED);
    /* Panics are contained as before. */
    result = 5;
    CHECK(liveline_call(engine, &fail, call_fail, &result) == LIVELINE_FAULT && result == -7);
    /* A generation that crashes is taken back. */
    const liveline_event event = wait_for(LIVELINE_EVENT_RELOADED);
    CHECK(event.generation < first);
}

static void takes_new_code(void) {
    const liveline_function old = answer;
    uint64_t after;
    int32_t result = 0;
    say("change the answer");
    const liveline_event event = wait_for(LIVELINE_EVENT_RELOADED);
    CHECK(event.generation > first && strcmp(event.library, "scripts") == 0 && event.save_to_live_micros > 0);
    CHECK(liveline_generation(engine, "scripts", &after) == LIVELINE_OK && after == event.generation);
    CHECK(answer != old && ((int32_t(*)(void))old)() == 1);
    CHECK(liveline_call(engine, &answer, call_answer, &result) == LIVELINE_OK && result == 2);
    /* A slot that was given back stays as it was. */
    CHECK(((size_t(*)(const char *))letters)("abc") == 3);
}

static void refuses_what_it_cannot_call(void) {
    say("change the signature");
    liveline_event event = wait_for(LIVELINE_EVENT_REFUSED);
    CHECK(strstr(event.message, "`answer` is `fn() -> i64` now, and `fn() -> i32` as the engine calls it"));
    say("remove a function");
    event = wait_for(LIVELINE_EVENT_REFUSED);
    CHECK(strstr(event.message, "has no function `fail`"));
    say("break it");
    event = wait_for(LIVELINE_EVENT_BUILD_FAILED);
    CHECK(event.errors == 1 && event.line > 0 && strcmp(event.file, "scripts/src/lib.rs") == 0);
    CHECK(strstr(event.message, "mismatched types"));
    CHECK(((int32_t(*)(void))answer)() == 2);
}

int main(int count, char **words) {
    CHECK(count == 2 || count == 3);
    refuses_wrong_options();
    refuses_what_is_no_engine(NULL, LIVELINE_ERROR_ARGUMENT);
    refuses_what_is_no_engine((liveline_engine *)words, LIVELINE_ERROR_HANDLE);
    const liveline_options options = {LIVELINE_VERSION, words[1]};
    CHECK(liveline_attach(&options, &engine) == LIVELINE_OK && engine);
    refuses_wrong_arguments();
    binds_before_there_is_code();
    say("attached");
    wait_for(LIVELINE_EVENT_ATTACHED);
    wait_for(LIVELINE_EVENT_RELOADED);
    CHECK(liveline_generation(engine, "scripts", &first) == LIVELINE_OK && first > 0);
    calls_and_counts();
    survives_panics();
    may_be_called_back();
    belongs_to_its_thread();
    if (count == 3) comes_back_from_crashes();
    takes_new_code();
    refuses_what_it_cannot_call();
    CHECK(liveline_detach(engine) == LIVELINE_OK);
    refuses_what_is_no_engine(engine, LIVELINE_ERROR_HANDLE);
    CHECK(((int32_t(*)(void))answer)() == 2);
    say("done");
    return 0;
}
