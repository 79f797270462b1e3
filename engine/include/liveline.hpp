// Liveline for C++17: engines and functions as objects. `liveline.h` says all that there is to know.
#ifndef LIVELINE_HPP
#define LIVELINE_HPP

#include <liveline.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace liveline {

// What Liveline refused, with its sentence.
class error : public std::runtime_error {
  public:
    explicit error(liveline_result result) : std::runtime_error(liveline_error()), result(result) {}
    liveline_result const result;
};

// An attached engine. Belongs to one thread.
class engine {
  public:
    // Looks for the server of the workspace around a folder; of the executable's folder where there is none given.
    explicit engine(std::string const &workspace = {}) {
        liveline_options options{};
        options.version = LIVELINE_VERSION;
        options.workspace = workspace.empty() ? nullptr : workspace.c_str();
        check(liveline_attach(&options, &handle_));
    }
    ~engine() { liveline_detach(handle_); }
    engine(engine const &) = delete;
    engine &operator=(engine const &) = delete;

    // Swaps in what has come; once a frame, with no script running.
    void poll() { check(liveline_poll(handle_)); }

    // The next event; its strings are valid until the next call.
    std::optional<liveline_event> next_event() {
        liveline_event event;
        if (check(liveline_next_event(handle_, &event)) == LIVELINE_NONE) return std::nullopt;
        return event;
    }

    // The generation of a library that runs, 0 if none does.
    std::uint64_t generation(std::string const &library) {
        std::uint64_t generation = 0;
        check(liveline_generation(handle_, library.c_str(), &generation));
        return generation;
    }

    // Has calls on this thread come back from fatal signals; `liveline.h` says at what price. Whether that is possible.
    bool recover_from_crashes() { return check(liveline_recover_from_crashes(handle_)) == LIVELINE_OK; }

    // The newest fault of a call.
    liveline_fault last_fault() {
        liveline_fault fault;
        check(liveline_last_fault(handle_, &fault));
        return fault;
    }

    liveline_engine *handle() { return handle_; }

    // Throws what was refused.
    static liveline_result check(liveline_result result) {
        if (result < 0) throw error(result);
        return result;
    }

  private:
    liveline_engine *handle_ = nullptr;
};

// A script's function: `liveline::function<float(enemy *, float)> think(engine, "scripts", "enemy_think");`. Must not
// outlive its engine.
template <class Signature> class function;
template <class R, class... A> class function<R(A...)> {
  public:
    // What a call gives: nothing where there is no code yet, or where it panicked. Of a function without a result,
    // whether it ran to its end.
    using outcome = std::conditional_t<std::is_void_v<R>, bool, std::optional<std::conditional_t<std::is_void_v<R>, bool, R>>>;

    function(engine &engine, char const *library, char const *name) : engine_(engine) {
        engine::check(liveline_bind(engine.handle(), library, name, &slot_));
    }
    ~function() { liveline_unbind(engine_.handle(), &slot_); }
    function(function const &) = delete;
    function &operator=(function const &) = delete;

    // Whether a generation of the library runs.
    explicit operator bool() const { return slot_ != nullptr; }

    // The newest code's address, for a call without more ado.
    auto address() const -> R (*)(A...) { return reinterpret_cast<R (*)(A...)>(slot_); }

    // Calls the newest code. Throws if it is called on another thread than the engine's.
    outcome operator()(A... arguments) {
        if (!slot_) return {};
        outcome result{};
        auto body = [&](liveline_function code) noexcept {
            auto const script = reinterpret_cast<R (*)(A...)>(code);
            if constexpr (std::is_void_v<R>) {
                script(std::forward<A>(arguments)...);
                result = true;
            } else {
                result = script(std::forward<A>(arguments)...);
            }
        };
        liveline_caller const caller = [](liveline_function code, void *data) {
            (*static_cast<decltype(body) *>(data))(code);
        };
        if (engine::check(liveline_call(engine_.handle(), &slot_, caller, &body)) == LIVELINE_FAULT) return {};
        return result;
    }

    // How often it was called.
    std::uint64_t calls() {
        std::uint64_t calls = 0;
        engine::check(liveline_calls(engine_.handle(), &slot_, &calls));
        return calls;
    }

  private:
    engine &engine_;
    liveline_function slot_ = nullptr;
};

} // namespace liveline

#endif
