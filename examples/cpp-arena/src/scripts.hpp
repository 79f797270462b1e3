// The scripts: swapped while the game runs, or linked into it.
#pragma once

#include "world.hpp"

#include <cstddef>
#include <optional>
#include <type_traits>

// As scripts/src has them.
extern "C" {
void player_update(ship *, world const *, float dt);
std::int32_t player_target(ship *, world const *);
float player_damage();
void enemy_update(enemy *, world const *, float dt);
bool spawner_spawn(enemy *, world *, float dt);
void hud_line(world const *, char *text, std::size_t size);
}

#ifdef ARENA_LIVE
#include <liveline.hpp>

using engine = liveline::engine;
template <class Signature> using script = liveline::function<Signature>;
#define SCRIPT(name) script<decltype(::name)> name{engine_, "scripts", #name}
#else

// A release build: plain calls.
struct engine {
    void poll() {}
};
#define SCRIPT(name) linked<decltype(::name)> name{::name}
template <class Signature> class linked;
template <class R, class... A> class linked<R(A...)> {
  public:
    explicit linked(R (*code)(A...)) : code_(code) {}
    auto operator()(A... arguments) {
        if constexpr (std::is_void_v<R>) {
            code_(arguments...);
            return true;
        } else {
            return std::optional<R>(code_(arguments...));
        }
    }

  private:
    R (*code_)(A...);
};
#endif

// One of each.
class scripts {
    engine &engine_;

  public:
    explicit scripts(engine &engine) : engine_(engine) { (void)engine_; }

    SCRIPT(player_update);
    SCRIPT(player_target);
    SCRIPT(player_damage);
    SCRIPT(enemy_update);
    SCRIPT(spawner_spawn);
    SCRIPT(hud_line);
};
