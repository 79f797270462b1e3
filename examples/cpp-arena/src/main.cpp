// A small game without a window: its rules are here, what its parts do is in scripts/.
#include "scripts.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <thread>

namespace {

constexpr float step = 1.0f / 60.0f;
constexpr std::uint64_t frames_between_lines = 30;

// A call that panicked gives nothing: then the rule is what the game does without the script.
void spawn(world &world, scripts &scripts) {
    enemy fresh{};
    if (scripts.spawner_spawn(&fresh, &world, step).value_or(false) && world.enemy_count < most_enemies) {
        world.enemies[world.enemy_count++] = fresh;
    }
}

void shoot(world &world, scripts &scripts) {
    auto const target = scripts.player_target(&world.ship, &world).value_or(-1);
    if (target < 0 || static_cast<std::uint32_t>(target) >= world.enemy_count) return;
    enemy &hit = world.enemies[target];
    hit.health -= scripts.player_damage().value_or(0.0f);
    if (hit.health <= 0.0f) {
        hit = world.enemies[--world.enemy_count];
        world.score += 1;
    }
}

void advance(world &world, scripts &scripts) {
    world.frame += 1;
    world.time += step;
    spawn(world, scripts);
    scripts.player_update(&world.ship, &world, step);
    for (std::uint32_t index = 0; index < world.enemy_count; ++index) {
        scripts.enemy_update(&world.enemies[index], &world, step);
    }
    shoot(world, scripts);
}

void show(world const &world, scripts &scripts) {
    char text[128] = "waiting for the scripts";
    scripts.hud_line(&world, text, sizeof text);
    std::printf("%s, frame %llu\n", text, static_cast<unsigned long long>(world.frame));
}

#ifdef ARENA_LIVE
void show_events(engine &engine) {
    while (auto const event = engine.next_event()) std::printf("liveline: %s\n", event->text);
}
#else
void show_events(engine &) {}
#endif

void play(std::uint64_t frames, char const *workspace) {
#ifdef ARENA_LIVE
    engine engine{workspace};
#else
    (void)workspace;
    engine engine;
#endif
    scripts scripts{engine};
    world world{};
    world.seed = 1;
    auto next = std::chrono::steady_clock::now();
    while (frames == 0 || world.frame < frames) {
        engine.poll();
        show_events(engine);
        advance(world, scripts);
        if (world.frame % frames_between_lines == 0) show(world, scripts);
        std::fflush(stdout);
        next += std::chrono::microseconds(16'667);
        std::this_thread::sleep_until(next);
    }
}

} // namespace

// cpp_arena [--frames N] [--workspace FOLDER]
int main(int count, char **words) {
    std::uint64_t frames = 0;
    char const *workspace = "";
    for (int index = 1; index < count; ++index) {
        bool const has_value = index + 1 < count;
        if (has_value && std::strcmp(words[index], "--frames") == 0) {
            frames = std::strtoull(words[++index], nullptr, 10);
        } else if (has_value && std::strcmp(words[index], "--workspace") == 0) {
            workspace = words[++index];
        } else {
            std::fprintf(stderr, "usage: cpp_arena [--frames N] [--workspace FOLDER]\n");
            return 2;
        }
    }
    try {
        play(frames, workspace);
    } catch (std::exception const &error) {
        std::fprintf(stderr, "cpp_arena: %s\n", error.what());
        return 1;
    }
}
