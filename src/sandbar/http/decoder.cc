// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/decoder.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <new>

#include "sandbar/base/strings.h"

namespace sandbar::http {
namespace {

namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using beast::error_code;

constexpr std::size_t kMaxFields = 200;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

// A field's line may not go on in the next one: servers disagree about what that means (RFC 9112,
// section 5.2).
bool continues_a_line(char before, std::string_view bytes) {
  for (char c : bytes) {
    if (before == '\n' && (c == ' ' || c == '\t')) return true;
    before = c;
  }
  return false;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::size_t count_fields(const Headers& headers, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      headers.entries(), [&](const auto& e) { return equals_ignore_case(e.first, name); }));
}

// "http://host/path" is a legal target; everything behind us expects "/path" and the Host field.
void to_origin_form(MessageHead& head) {
  auto scheme = head.target.find("://");
  if (head.target.starts_with('/') || scheme == std::string::npos) return;
  auto rest = head.target.substr(scheme + 3);
  auto slash = std::min(rest.find_first_of("/?"), rest.size());
  head.headers.set("Host", rest.substr(0, slash));
  head.target = rest.substr(slash);
  if (!head.target.starts_with('/')) head.target.insert(0, "/");
}

}  // namespace

bool lists_token(const Headers& headers, std::string_view name, std::string_view token) {
  for (const auto& [key, value] : headers.entries()) {
    if (!equals_ignore_case(key, name)) continue;
    for (auto piece : split(value, ','))
      if (equals_ignore_case(trim(piece), token)) return true;
  }
  return false;
}

class MessageDecoder::Parser {
 public:
  virtual ~Parser() = default;
  virtual void restart() = 0;
  virtual std::size_t put(std::string_view bytes, error_code& ec) = 0;
  virtual bool done() const = 0;
  virtual bool keep_alive() const = 0;
};

// Beast's parser is good for one message only, so each message gets a new one in the same place.
template <bool kRequest>
class MessageDecoder::ParserOf final : public Parser {
 public:
  ParserOf(MessageHead& head, std::size_t max_head) : head_(head), max_head_(max_head) {}

  void restart() override {
    engine_.emplace(head_);
    engine_->header_limit(static_cast<std::uint32_t>(max_head_));
    engine_->body_limit(boost::none);
  }
  std::size_t put(std::string_view bytes, error_code& ec) override {
    return engine_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  }
  bool done() const override { return engine_->is_header_done(); }
  bool keep_alive() const override { return engine_->keep_alive(); }

 private:
  struct Engine final : bhttp::basic_parser<kRequest> {
    explicit Engine(MessageHead& head) : head_(head) {}

    void on_request_impl(bhttp::verb, beast::string_view method, beast::string_view target, int version,
                         error_code&) override {
      head_.method = view(method);
      head_.target = view(target);
      head_.http11 = version == 11;
    }
    void on_response_impl(int status, beast::string_view, int version, error_code&) override {
      head_.status = status;
      head_.http11 = version == 11;
    }
    void on_field_impl(bhttp::field, beast::string_view name, beast::string_view value,
                       error_code&) override {
      head_.headers.add(view(name), view(value));
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(beast::string_view, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, error_code&) override { return 0; }
    void on_finish_impl(error_code&) override {}

    MessageHead& head_;
  };

  MessageHead& head_;
  std::size_t max_head_;
  std::optional<Engine> engine_;
};

MessageDecoder::MessageDecoder(MessageKind kind, std::size_t max_head) : kind_(kind), max_head_(max_head) {
  if (kind == MessageKind::request) {
    parser_ = std::make_unique<ParserOf<true>>(message_, max_head);
  } else {
    parser_ = std::make_unique<ParserOf<false>>(message_, max_head);
  }
  begin();
}

MessageDecoder::~MessageDecoder() = default;

void MessageDecoder::begin(bool bodiless) {
  message_ = {};
  chunks_ = {};
  framing_ = Framing::none;
  head_bytes_ = 0;
  last_byte_ = 0;
  folded_ = false;
  bodiless_ = bodiless;
  parser_->restart();
}

Parsed MessageDecoder::head(ReadBuffer& buffer) {
  while (head_bytes_ == 0 && buffer.bytes().starts_with("\r\n")) buffer.consume(2);
  if (head_bytes_ == 0 && buffer.bytes() == "\r") return Parsed::need_more;
  while (!buffer.empty()) {
    error_code ec;
    auto used = parser_->put(buffer.bytes(), ec);
    folded_ |= continues_a_line(last_byte_, buffer.bytes().substr(0, used));
    if (used > 0) last_byte_ = buffer.bytes()[used - 1];
    buffer.consume(used);
    head_bytes_ += used;
    if (parser_->done()) return head_bytes_ > max_head_ ? Parsed::too_large : judge_head();
    if (ec == bhttp::error::header_limit || head_bytes_ + buffer.bytes().size() >= max_head_)
      return Parsed::too_large;
    if (ec == bhttp::error::need_more) return Parsed::need_more;
    if (ec) return Parsed::malformed;
  }
  return Parsed::need_more;
}

Parsed MessageDecoder::judge_head() {
  const auto& headers = message_.headers;
  if (folded_) return Parsed::malformed;
  if (headers.entries().size() > kMaxFields) return Parsed::too_large;
  auto encodings = count_fields(headers, "Transfer-Encoding"),
       lengths = count_fields(headers, "Content-Length");
  if (encodings + lengths > 1) return Parsed::malformed;
  if (encodings == 1 &&
      (!message_.http11 || !equals_ignore_case(headers.get("Transfer-Encoding"), "chunked")))
    return Parsed::malformed;
  if (lengths == 1 && !is_number(headers.get("Content-Length"))) return Parsed::malformed;
  message_.keep_alive = parser_->keep_alive();
  if (kind_ == MessageKind::request) {
    if (count_fields(headers, "Host") > 1 || (message_.http11 && !headers.has("Host")))
      return Parsed::malformed;
    to_origin_form(message_);
  }
  choose_framing();
  return Parsed::complete;
}

// Which bytes are the body: RFC 9112, section 6.3.
void MessageDecoder::choose_framing() {
  int status = message_.status;
  bool is_response = kind_ == MessageKind::response;
  framing_ = is_response ? Framing::until_close : Framing::none;
  if (is_response && (bodiless_ || status / 100 == 1 || status == 204 || status == 304)) {
    framing_ = Framing::none;
  } else if (message_.headers.has("Transfer-Encoding")) {
    framing_ = Framing::chunked;
  } else if (message_.headers.has("Content-Length")) {
    remaining_ = static_cast<std::uint64_t>(*parse_int(message_.headers.get("Content-Length")));
    framing_ = remaining_ > 0 ? Framing::length : Framing::none;
  }
}

std::optional<std::uint64_t> MessageDecoder::remaining() const {
  if (framing_ == Framing::none) return 0;
  if (framing_ == Framing::length) return remaining_;
  return std::nullopt;
}

Parsed MessageDecoder::body(ReadBuffer& buffer, std::span<char> into, std::size_t& got) {
  got = 0;
  if (framing_ == Framing::none) return Parsed::complete;
  if (framing_ == Framing::chunked) {
    auto parsed = chunks_.decode(buffer, into, got);
    if (parsed == Parsed::complete) framing_ = Framing::none;
    return parsed;
  }
  got = direct_limit(std::min(into.size(), buffer.bytes().size()));
  buffer.bytes().copy(into.data(), got);
  buffer.consume(got);
  took_direct(got);
  return framing_ == Framing::none ? Parsed::complete : Parsed::need_more;
}

std::size_t MessageDecoder::direct_limit(std::size_t wanted) const {
  switch (framing_) {
    case Framing::length:
      return static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, wanted));
    case Framing::until_close:
      return wanted;
    case Framing::chunked:
      return chunks_.direct_limit(wanted);
    case Framing::none:
      return 0;
  }
  return 0;
}

void MessageDecoder::took_direct(std::size_t n) {
  if (framing_ == Framing::chunked) chunks_.took_direct(n);
  if (framing_ != Framing::length) return;
  remaining_ -= n;
  if (remaining_ == 0) framing_ = Framing::none;
}

}  // namespace sandbar::http
