// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/gzip.h"

#include <zlib.h>

#include <array>

#include "sandbar/base/check.h"
#include "sandbar/base/try.h"

namespace sandbar::guest {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for the gzip format
constexpr int kFastest = 1;

void set_input(z_stream& z, std::string_view bytes) {
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
}

}  // namespace

struct Gunzip::State {
  z_stream z{};
  bool between_members = false;
  std::array<char, 32 * 1024> out;
};

Gunzip::Gunzip() : state_(std::make_unique<State>()) {
  SANDBAR_CHECK(inflateInit2(&state_->z, kGzipWindow) == Z_OK);
}
Gunzip::~Gunzip() { inflateEnd(&state_->z); }

Result<void> Gunzip::feed(std::string_view compressed, const TakeBytes& take) {
  auto& [z, between, out] = *state_;
  set_input(z, compressed);
  int status = Z_OK;
  do {
    if (z.avail_in > 0 && std::exchange(between, false)) inflateReset(&z);
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    status = inflate(&z, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
      return fail(invalid_request("the body is not valid gzip"));
    if (z.avail_out < out.size()) TRY_VOID(take({out.data(), out.size() - z.avail_out}));
    between = status == Z_STREAM_END;
  } while (z.avail_in > 0 || z.avail_out == 0);
  return {};
}

Result<void> Gunzip::finish() const {
  if (!state_->between_members) return fail(invalid_request("the gzip body is cut short"));
  return {};
}

struct Gzip::State {
  z_stream z{};
  std::array<char, 32 * 1024> out;

  Result<void> run(int flush, const TakeBytes& take) {
    do {
      z.next_out = reinterpret_cast<Bytef*>(out.data());
      z.avail_out = static_cast<uInt>(out.size());
      deflate(&z, flush);
      if (z.avail_out < out.size()) TRY_VOID(take({out.data(), out.size() - z.avail_out}));
    } while (z.avail_out == 0);
    return {};
  }
};

Gzip::Gzip() : state_(std::make_unique<State>()) {
  SANDBAR_CHECK(deflateInit2(&state_->z, kFastest, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK);
}
Gzip::~Gzip() { deflateEnd(&state_->z); }

Result<void> Gzip::feed(std::string_view plain, const TakeBytes& take) {
  set_input(state_->z, plain);
  return state_->run(Z_NO_FLUSH, take);
}

Result<void> Gzip::finish(const TakeBytes& take) {
  set_input(state_->z, {});
  return state_->run(Z_FINISH, take);
}

}  // namespace sandbar::guest
