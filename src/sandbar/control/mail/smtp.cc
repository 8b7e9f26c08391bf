// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/mail/smtp.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "sandbar/control/mail/letters.h"

namespace sandbar::control::mail {
namespace {

struct Upload {
  std::string_view rest;
};

std::size_t read_upload(char* into, std::size_t size, std::size_t count, void* from) {
  auto& upload = *static_cast<Upload*>(from);
  auto taken = std::min(size * count, upload.rest.size());
  std::memcpy(into, upload.rest.data(), taken);
  upload.rest.remove_prefix(taken);
  return taken;
}

struct Free {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

void set_transport(CURL* curl, const MailOptions& options) {
  auto scheme = options.tls == SmtpTls::tls ? "smtps" : "smtp";
  curl_easy_setopt(curl, CURLOPT_URL, fmt::format("{}://{}", scheme, options.smtp_server).c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_USE_SSL,
                   static_cast<long>(options.tls == SmtpTls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
  if (options.user.empty()) return;
  curl_easy_setopt(curl, CURLOPT_USERNAME, options.user.c_str());
  curl_easy_setopt(curl, CURLOPT_PASSWORD, options.password.reveal().c_str());
}

}  // namespace

Result<void> send_letter(const MailOptions& options, const std::string& recipient,
                         const std::string& letter) {
  static const bool is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  std::unique_ptr<CURL, Free> curl(is_ready ? curl_easy_init() : nullptr);
  if (!curl) return fail(internal_error("starting libcurl"));
  set_transport(curl.get(), options);
  Upload upload{letter};
  char why[CURL_ERROR_SIZE] = "";
  auto from = fmt::format("<{}>", address_in(options.from));
  std::unique_ptr<curl_slist, Free> to(curl_slist_append(nullptr, fmt::format("<{}>", recipient).c_str()));
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, to.get());
  curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, read_upload);
  curl_easy_setopt(curl.get(), CURLOPT_READDATA, &upload);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, why);
  auto code = curl_easy_perform(curl.get());
  if (code == CURLE_OK) return {};
  return fail(Error{Errc::unavailable, "the mail server did not take the mail",
                    fmt::format("{}: {}", options.smtp_server, *why ? why : curl_easy_strerror(code))});
}

}  // namespace sandbar::control::mail
