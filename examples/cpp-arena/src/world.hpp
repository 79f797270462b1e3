// What both sides see: scripts/src/world.rs has the same.
#pragma once

#include <cstdint>

struct vec2 {
    float x, y;
};

struct ship {
    vec2 at;
    vec2 velocity;
    // Seconds until the next shot.
    float cooldown;
};

struct enemy {
    vec2 at;
    float health;
    float age;
};

constexpr std::uint32_t most_enemies = 32;

struct world {
    std::uint64_t frame;
    float time;
    std::uint32_t score;
    // Random numbers: the spawner's.
    std::uint32_t seed;
    std::uint32_t enemy_count;
    struct ship ship;
    enemy enemies[most_enemies];
};

// Rust asserts the same number: a field on one side alone does not build.
static_assert(sizeof(world) == 560);
