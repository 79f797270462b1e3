// A C++ exception that leaves a call of a script leaves no trace in Liveline.
#include <liveline.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace {

void check(bool condition, char const *what) {
    if (condition) return;
    std::printf("%s; %s\n", what, liveline_error());
    std::exit(1);
}

struct witness {
    bool &ended;
    ~witness() { ended = true; }
};

void wait_for_code(liveline::engine &engine) {
    while (engine.generation("scripts") == 0) {
        engine.poll();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

void throws(liveline::engine &engine) {
    liveline_function answer = nullptr;
    check(liveline_bind(engine.handle(), "scripts", "answer", &answer) == LIVELINE_OK, "bind");
    bool ended = false, caught = false;
    try {
        auto const caller = [](liveline_function code, void *data) {
            witness at_the_end{*static_cast<bool *>(data)};
            throw std::out_of_range(reinterpret_cast<std::int32_t (*)()>(code)() == 1 ? "one" : "other");
        };
        liveline_call(engine.handle(), &answer, caller, &ended);
    } catch (std::out_of_range const &error) {
        caught = error.what() == std::string("one");
    }
    check(ended && caught, "the exception arrives");
    // Nothing is taken for running any more.
    engine.poll();
}

} // namespace

int main(int count, char **words) {
    check(count == 2, "a workspace");
    try {
        liveline::engine("/no such folder");
        check(false, "a folder that is not there is refused");
    } catch (liveline::error const &error) {
        check(error.result == LIVELINE_ERROR_ARGUMENT, "it is an argument that is wrong");
    }
    liveline::engine engine(words[1]);
    liveline::function<std::int32_t()> answer(engine, "scripts", "answer");
    liveline::function<std::int32_t(std::int32_t)> fail(engine, "scripts", "fail");
    check(!answer && !answer().has_value(), "there is no code yet");
    std::puts("attached");
    std::fflush(stdout);
    wait_for_code(engine);
    check(answer && answer() == 1 && answer.address()() == 1 && answer.calls() == 2, "the code runs");
    check(!fail(3).has_value() && fail(0) == 0, "a panic is no value");
    check(engine.last_fault().function == std::string("fail"), "the fault is told");
    throws(engine);
    bool told = false;
    while (auto const event = engine.next_event()) told |= event->kind == LIVELINE_EVENT_FAULTED;
    check(told, "the panic is an event too");
    std::puts("done");
}
