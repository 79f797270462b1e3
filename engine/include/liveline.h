/*
 * Liveline for engines in C and C++: scripts in Rust, swapped while the game runs.
 *
 * The scripts are plain functions in a Rust `cdylib` that `liveline.toml` lists:
 *
 *     #[liveline_export::export]
 *     pub fn enemy_think(enemy: &mut Enemy, dt: f32) -> f32 { ... }
 *
 * The engine binds a slot to each function that it calls, and polls once a frame:
 *
 *     static liveline_function think;
 *     liveline_bind(engine, "scripts", "enemy_think", &think);
 *     for (;;) {
 *         liveline_poll(engine);
 *         if (think) ((float (*)(struct enemy *, float))think)(&enemy, dt);
 *     }
 *
 * Threads. A handle belongs to the thread that attached; another thread's call is refused with
 * LIVELINE_ERROR_THREAD. `liveline_version` and `liveline_error` may be called from any thread. The functions that
 * slots point to may be called from any thread, as far as the scripts allow; read the slot on the engine's thread, or
 * make sure that no poll runs meanwhile.
 *
 * Code. Slots change in `liveline_poll` and `liveline_bind` and at no other time. Code that was loaded stays loaded
 * until the process ends: an address that was copied out of a slot goes on working, with the old code.
 *
 * State. Liveline keeps none: state lives in the engine's own memory and goes to scripts by pointer, so it outlives
 * every swap. A script's `static`s and thread-locals are new in each generation. A struct that both sides declare must
 * have the same fields on both: when it changes, rebuild and restart the engine. What only scripts understand is a
 * pointer to the engine: a script makes it (`Box::into_raw`), and each later generation takes it as long as its layout
 * stays.
 *
 * Panics. A panic in a function with `#[liveline_export::export]` ends at its border: the call returns the default of
 * its type (or what `otherwise` says), `liveline_call` gives LIVELINE_FAULT, and a LIVELINE_EVENT_FAULTED follows,
 * whichever way the function was called. A panic in any other `extern "C"` function ends the process.
 *
 * Crashes and hangs. A fatal signal in a call by `liveline_call`, or such a call that does not return, is told to the
 * server with its line. Handlers for such signals are set at the first attach; those that were there have the last
 * word. `liveline_recover_from_crashes` has a crashed call come back instead.
 *
 * Exceptions. A C++ exception may leave the callback of `liveline_call`, unless the engine recovers from crashes:
 * then it must not (the calls of `liveline.hpp` see to that). It must not be thrown through a script: what scripts
 * call back must not throw.
 *
 * Strings are UTF-8 and end with a zero byte. What goes in is copied. What comes out belongs to Liveline, for as long
 * as the function says.
 *
 * A release build links the scripts (crate-type `staticlib`) and calls them by name; nothing of this is in it.
 */
#ifndef LIVELINE_H
#define LIVELINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header. A library of another one refuses to attach. */
#define LIVELINE_VERSION 1u

/* What a function says of its success. Zero and above: it did what it is for. */
typedef int32_t liveline_result;
enum {
    LIVELINE_OK = 0,
    /* There is nothing to give: no event, no generation, no fault. */
    LIVELINE_NONE = 1,
    /* The script that was called has panicked or crashed, or one inside of its call: see `liveline_last_fault`. */
    LIVELINE_FAULT = 2,
    /* A pointer is null that must not be, or a string is not UTF-8. */
    LIVELINE_ERROR_ARGUMENT = -1,
    /* The header and the library are of different versions. */
    LIVELINE_ERROR_VERSION = -2,
    /* The handle is not one of `liveline_attach`, or it is detached. */
    LIVELINE_ERROR_HANDLE = -3,
    /* The handle belongs to another thread. */
    LIVELINE_ERROR_THREAD = -4,
    /* The library's generation has no such function, or the slot is not bound. */
    LIVELINE_ERROR_UNKNOWN = -5,
    /* A script's call is on the stack: what was asked for would pull the code from under it. */
    LIVELINE_ERROR_IN_SCRIPT = -6,
    /* No generation of the slot's library runs yet. */
    LIVELINE_ERROR_NOT_LOADED = -7,
    /* Liveline itself has failed; please report it. */
    LIVELINE_ERROR_INTERNAL = -8
};

/* An attached engine. A handle that was detached is known as such for as long as the process runs. */
typedef struct liveline_engine liveline_engine;

/* A script's function; cast it to the function's own type to call it. */
typedef void (*liveline_function)(void);

/* How to attach. Set all of it to zero first: `liveline_options options = {0};` */
typedef struct liveline_options {
    /* LIVELINE_VERSION. */
    uint32_t version;
    /* A folder in the scripts' cargo workspace, absolute or relative to the working directory. Null: the folder of
     * the executable, which serves where the executable lies in the workspace. The environment variable
     * LIVELINE_ENDPOINT, the path of a server's `endpoint.json`, goes before it. */
    const char *workspace;
} liveline_options;

/* What an event is. More can be added: ignore those that you do not know, or show their text. */
enum {
    LIVELINE_EVENT_OTHER = 0,
    /* A server builds for this engine. */
    LIVELINE_EVENT_ATTACHED = 1,
    /* The server is gone. The scripts go on, and it is looked for. */
    LIVELINE_EVENT_DETACHED = 2,
    LIVELINE_EVENT_BUILD_STARTED = 3,
    LIVELINE_EVENT_BUILD_SUCCEEDED = 4,
    /* `file`, `line`, `column` and `message` are of the first error, where there is one. */
    LIVELINE_EVENT_BUILD_FAILED = 5,
    LIVELINE_EVENT_BUILD_CANCELLED = 6,
    /* New code runs: the library's slots have changed. */
    LIVELINE_EVENT_RELOADED = 7,
    /* A generation was not taken, and `message` says why; the one before goes on. */
    LIVELINE_EVENT_REFUSED = 8,
    /* A script has panicked or crashed; told once for each place and generation. */
    LIVELINE_EVENT_FAULTED = 9,
    /* Something keeps reloads from working; `message` says what, and what to do. */
    LIVELINE_EVENT_TROUBLE = 10
};

/* Something that a person at the game may want to know. Its strings are valid until the next call of
 * `liveline_next_event` with the same engine, or of `liveline_detach`. */
typedef struct liveline_event {
    /* LIVELINE_EVENT_… */
    int32_t kind;
    /* 1-based, the column in characters; 0 where there is no place. */
    uint32_t line;
    uint32_t column;
    /* Of BUILD_FAILED: how many. */
    uint32_t errors;
    /* Of RELOADED, REFUSED and FAULTED; else 0. */
    uint64_t generation;
    /* Of RELOADED: from the save of the file to the swap; 0 where no save led to the build. */
    uint64_t save_to_live_micros;
    /* One line for an overlay or a log; never null. */
    const char *text;
    /* The library's name; null where the event is of none. */
    const char *library;
    /* The function of FAULTED, else null. */
    const char *function;
    /* The error, reason or panic message alone; null where there is none. */
    const char *message;
    /* The source file as rustc names it, usually relative to the workspace; null where there is none. */
    const char *file;
} liveline_event;

/* A panic or a crash. Its strings are valid until the next fault that `liveline_call` gives for the same engine, or until
 * `liveline_detach`. */
typedef struct liveline_fault {
    uint64_t generation;
    /* 1-based, the column in characters; 0 where the place is unknown. */
    uint32_t line;
    uint32_t column;
    const char *library;
    const char *function;
    const char *message;
    /* Null where the place is unknown. */
    const char *file;
} liveline_fault;

/* The callback of `liveline_call`: calls `function`, cast to its own type. */
typedef void (*liveline_caller)(liveline_function function, void *data);

/* The version of the library, to be compared with LIVELINE_VERSION. Any thread; cannot fail. */
uint32_t liveline_version(void);

/* The last error of a Liveline function on this thread, one sentence; empty if there was none. Any thread. Valid
 * until the next Liveline function fails on this thread. Never null. */
const char *liveline_error(void);

/* Makes an engine, and begins to look for a Liveline server on a thread of its own. Never waits for one, and needs
 * none: attach first and start the server when you like.
 *
 * `options` may be null for all defaults except the check of the version. On success `*engine` is a handle that belongs
 * to this thread; give it back with `liveline_detach`. On failure it is null.
 *
 * LIVELINE_ERROR_ARGUMENT, LIVELINE_ERROR_VERSION. */
liveline_result liveline_attach(const liveline_options *options, liveline_engine **engine);

/* Tells the server farewell and ends the engine's thread: takes a quarter of a second at most. Slots keep their code,
 * and are never written again. The handle is not to be used again.
 *
 * LIVELINE_ERROR_ARGUMENT, LIVELINE_ERROR_HANDLE (also when it is detached already), LIVELINE_ERROR_THREAD,
 * LIVELINE_ERROR_IN_SCRIPT. */
liveline_result liveline_detach(liveline_engine *engine);

/* Swaps in what has been loaded since the last call. Call it once a frame, where no script's function is running:
 * this is the only place where slots change. Costs some ten nanoseconds when nothing has come.
 *
 * LIVELINE_ERROR_ARGUMENT, LIVELINE_ERROR_HANDLE, LIVELINE_ERROR_THREAD, LIVELINE_ERROR_IN_SCRIPT (nothing was
 * done). */
liveline_result liveline_poll(liveline_engine *engine);

/* Binds `*slot` to the function `name` of a library: it is written now, and at each swap, with the newest code's
 * address; null until a generation of the library runs. A generation that lacks a bound function, or has it with
 * another signature than the first one had, is refused. A slot that is bound already is bound anew. The slot must live
 * until `liveline_unbind` or `liveline_detach`.
 *
 * LIVELINE_ERROR_ARGUMENT, LIVELINE_ERROR_HANDLE, LIVELINE_ERROR_THREAD, LIVELINE_ERROR_UNKNOWN (a generation runs and
 * does not have the function; the slot is null then, and not bound). */
liveline_result liveline_bind(liveline_engine *engine, const char *library, const char *name, liveline_function *slot);

/* Forgets a slot: it keeps its value and is not written again. The function goes on being asked of each generation.
 *
 * LIVELINE_ERROR_ARGUMENT, LIVELINE_ERROR_HANDLE, LIVELINE_ERROR_THREAD, LIVELINE_ERROR_UNKNOWN. */
liveline_result liveline_unbind(liveline_engine *engine, liveline_function *slot);

/* Calls `caller(*slot, data)` and says how it ended. A plain call through the slot is as safe; this one also gives the
 * fault, and counts the calls of functions without `#[liveline_export::export]`. Calls may be nested.
 *
 * LIVELINE_FAULT: the script panicked or crashed. LIVELINE_ERROR_ARGUMENT, LIVELINE_ERROR_HANDLE, LIVELINE_ERROR_THREAD,
 * LIVELINE_ERROR_UNKNOWN, LIVELINE_ERROR_NOT_LOADED: `caller` was not called. */
liveline_result liveline_call(liveline_engine *engine, const liveline_function *slot, liveline_caller caller,
                              void *data);

/* Has calls by `liveline_call` on this thread come back from fatal signals, with LIVELINE_FAULT. For development: what
 * such a call had on its stack is not destroyed, locks stay taken, memory is lost, values are half changed, and what
 * it wrote to a wrong place stays written. Cannot be taken back.
 *
 * LIVELINE_NONE: this is not possible on this processor. LIVELINE_ERROR_ARGUMENT, LIVELINE_ERROR_HANDLE,
 * LIVELINE_ERROR_THREAD. */
liveline_result liveline_recover_from_crashes(liveline_engine *engine);

/* The newest fault that `liveline_call` gave.
 *
 * LIVELINE_NONE: there was none, and `*fault` is all zero. LIVELINE_ERROR_ARGUMENT, LIVELINE_ERROR_HANDLE,
 * LIVELINE_ERROR_THREAD. */
liveline_result liveline_last_fault(liveline_engine *engine, liveline_fault *fault);

/* Takes the oldest event that was not taken yet. Of an engine that takes none, the newest 256 are kept.
 *
 * LIVELINE_NONE: there is none, and `*event` is all zero. LIVELINE_ERROR_ARGUMENT, LIVELINE_ERROR_HANDLE,
 * LIVELINE_ERROR_THREAD. */
liveline_result liveline_next_event(liveline_engine *engine, liveline_event *event);

/* The generation of a library that runs.
 *
 * LIVELINE_NONE: none does yet, and `*generation` is 0. LIVELINE_ERROR_ARGUMENT, LIVELINE_ERROR_HANDLE,
 * LIVELINE_ERROR_THREAD. */
liveline_result liveline_generation(liveline_engine *engine, const char *library, uint64_t *generation);

/* How often a slot's function was called, over all generations: every call of one with `#[liveline_export::export]`,
 * of another those through `liveline_call`.
 *
 * LIVELINE_ERROR_ARGUMENT, LIVELINE_ERROR_HANDLE, LIVELINE_ERROR_THREAD, LIVELINE_ERROR_UNKNOWN. */
liveline_result liveline_calls(liveline_engine *engine, const liveline_function *slot, uint64_t *calls);

#ifdef __cplusplus
}
#endif

#endif
