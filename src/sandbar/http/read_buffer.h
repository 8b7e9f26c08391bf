// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

// Bytes received and not yet consumed, contiguous. It starts small and grows on demand up to a limit.

namespace sandbar::http {

class ReadBuffer {
 public:
  explicit ReadBuffer(std::size_t limit) : limit_(limit), data_(std::min<std::size_t>(limit, 4096)) {}

  std::string_view bytes() const { return {data_.data() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  bool full() const { return end_ - begin_ == limit_; }

  void consume(std::size_t n) {
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  // Room for at least one byte; the buffer must not be full.
  std::span<char> room() {
    if (end_ == data_.size() && begin_ > 0) {
      std::memmove(data_.data(), data_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == data_.size()) data_.resize(std::min(limit_, data_.size() * 2));
    return {data_.data() + end_, data_.size() - end_};
  }
  void commit(std::size_t n) { end_ += n; }

 private:
  std::size_t limit_;
  std::vector<char> data_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace sandbar::http
