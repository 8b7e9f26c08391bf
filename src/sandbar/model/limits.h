// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

// Bounds that control checks and the agent checks again.

namespace sandbar::limits {

inline constexpr int kMinVcpus = 1, kMaxVcpus = 16;
inline constexpr int kMinMemoryMib = 128, kMaxMemoryMib = 32'768;
inline constexpr int kMinDiskMib = 512, kMaxDiskMib = 262'144;
inline constexpr std::int64_t kMaxTimeoutSeconds = 30 * 24 * 3600;
inline constexpr int kMaxPage = 200;  // items of one list answer
inline constexpr std::size_t kMaxJsonBody = 1 << 20;
inline constexpr std::size_t kMaxEnvVariables = 128, kMaxEnvBytes = 64 * 1024;
inline constexpr std::size_t kMaxMetadataEntries = 64, kMaxMetadataBytes = 16 * 1024;

// The guest's own server inside every sandbox (E2B.md section 3).
inline constexpr std::uint16_t kGuestPort = 49983;

}  // namespace sandbar::limits
