// SPDX-License-Identifier: Apache-2.0
#include "sandbar/rpc/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "sandbar/base/check.h"
#include "sandbar/base/scope_exit.h"

namespace sandbar::rpc {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for the gzip format

z_stream stream_over(std::string_view bytes) {
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  return stream;
}

}  // namespace

Result<std::string> gunzip(std::string_view bytes, std::size_t limit) {
  auto stream = stream_over(bytes);
  SANDBAR_CHECK(inflateInit2(&stream, kGzipWindow) == Z_OK);
  ScopeExit end([&] { inflateEnd(&stream); });
  std::string out;
  std::array<char, 16 * 1024> piece;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END)
      return fail(invalid_request("the message is not valid gzip"));
    out.append(piece.data(), piece.size() - stream.avail_out);
    if (out.size() > limit)
      return fail(Error{Errc::rate_limited, fmt::format("the message is larger than {} bytes", limit)});
  }
  return out;
}

std::string gzip(std::string_view bytes) {
  auto stream = stream_over(bytes);
  SANDBAR_CHECK(
      deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  ScopeExit end([&] { deflateEnd(&stream); });
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  SANDBAR_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  return out;
}

}  // namespace sandbar::rpc
