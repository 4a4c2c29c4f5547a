// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string_view>
#include <utility>

#include "net/mime.h"
#include "net/transfer.h"

namespace tocsin {
namespace {

constexpr std::size_t kReplyMax = 4096;

// The replies of the server, as their lines come in.
class Replies {
 public:
  struct Reply {
    int code = 0;
    std::string text;
  };

  // The code, if the line ends its reply.
  int take(std::string_view line) {
    while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.remove_suffix(1);
    if (line.size() < 3 || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2])) return 0;
    if (ended_) current_ = {};
    current_.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (line.size() > 4 && current_.text.size() < kReplyMax) {
      if (!current_.text.empty()) current_.text += ' ';
      current_.text += line.substr(4, kReplyMax - current_.text.size());
    }
    ended_ = line.size() == 3 || line[3] != '-';
    if (!ended_) return 0;
    if (first_ == 0) first_ = current_.code;
    if (current_.code >= 400) refusal_ = current_;
    if (current_.code == 250) taken_ = current_;
    return current_.code;
  }

  int first() const { return first_; }
  const Reply& refusal() const { return refusal_; }  // the last
  const Reply& taken() const { return taken_; }      // the last

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  Reply current_, refusal_, taken_;
  int first_ = 0;
  bool ended_ = true;
};

bool is_certificate_trouble(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
         code == CURLE_SSL_ISSUER_ERROR;
}

class MailTransfer final : public Transfer {
 public:
  explicit MailTransfer(MailRequest request) : request_(std::move(request)) {}

  bool prepare(const CurlConfig& config) override {
    if (easy() == nullptr) return false;
    headers_ = mail_headers(request_);
    body_ = mail_body(easy(), request_);
    if (!headers_ || !body_ || !append(recipients_, "<" + request_.to + ">")) return false;
    Options options = common_options(config, request_.timeout);
    options.set(CURLOPT_URL, url().c_str())
        .set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        .set(CURLOPT_PROXY, "")  // what carries HTTP carries no mail
        .set(CURLOPT_USE_SSL,
             static_cast<long>(request_.plaintext_allowed ? CURLUSESSL_TRY : CURLUSESSL_ALL))
        .set(CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds(request_.timeout))
        .set(CURLOPT_MAIL_FROM, ("<" + request_.from + ">").c_str())
        .set(CURLOPT_MAIL_RCPT, recipients_.get())
        .set(CURLOPT_HTTPHEADER, headers_.get())
        .set(CURLOPT_MIMEPOST, body_.get())
        .set(CURLOPT_UPLOAD, 1L)
        .set(CURLOPT_HEADERFUNCTION, &MailTransfer::take)
        .set(CURLOPT_HEADERDATA, static_cast<void*>(this))
        .set(CURLOPT_ERRORBUFFER, error_.data());
    set_trust(options, config);
    if (!request_.user.empty()) {
      // Named, for else libcurl tries what a server offers and a password cannot do: GSSAPI, NTLM.
      options.set(CURLOPT_USERNAME, request_.user.c_str())
          .set(CURLOPT_PASSWORD, request_.password.c_str())
          .set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN;AUTH=CRAM-MD5");
    }
    return options.good();
  }

  Response response(CURLcode code) const override {
    Response response;
    if (code == CURLE_OK) {
      response.status = 250;
      response.body = replies_.taken().text;
      return response;
    }
    long last = 0;
    curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &last);
    response.hurdle = hurdle(code);
    if (last >= 400 && last == replies_.refusal().code) {
      response.status = replies_.refusal().code;
      response.body = replies_.refusal().text;
      return response;
    }
    const bool is_tls = is_certificate_trouble(code) || code == CURLE_SSL_CONNECT_ERROR;
    const bool says_more = is_tls && error_.front() != '\0';
    response.error = host() + ": " + (says_more ? error_.data() : curl_easy_strerror(code));
    return response;
  }

  std::string host() const override { return host_of(request_.server); }

 private:
  // The path is what we say we are: the sender's domain, for many servers refuse a host's bare
  // name.
  std::string url() const {
    return request_.server + "/" + request_.from.substr(request_.from.rfind('@') + 1);
  }

  static long seconds(Millis time) { return std::max(1L, clamped(time) / 1000); }

  void set_trust(Options& options, const CurlConfig& config) const {
    const std::string& ca_file = request_.ca_file.empty() ? config.ca_file : request_.ca_file;
    if (ca_file.empty()) return;
    // With a CA of its own a server is not trusted by the system's.
    options.set(CURLOPT_CAINFO, ca_file.c_str())
        .set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }

  Response::Hurdle hurdle(CURLcode code) const {
    using Hurdle = Response::Hurdle;
    if (is_certificate_trouble(code)) return Hurdle::certificate;
    if (code == CURLE_USE_SSL_FAILED) return Hurdle::encryption;
    if (code == CURLE_LOGIN_DENIED) return Hurdle::login;
    if (code == CURLE_REMOTE_ACCESS_DENIED || replies_.first() >= 400) return Hurdle::greeting;
    return Hurdle::none;
  }

  static std::size_t take(char* bytes, std::size_t one, std::size_t count, void* self) noexcept {
    auto& transfer = *static_cast<MailTransfer*>(self);
    const int code = transfer.replies_.take({bytes, one * count});
    if (code != 0) transfer.set_patience(code);
    return one * count;
  }

  // After a refusal libcurl 7.88 says QUIT and waits for the answer within perform(), which holds
  // up everything else: two minutes, or what this option says.
  void set_patience(int code) {
    const long patience = code >= 400 ? 1L : seconds(request_.timeout);
    curl_easy_setopt(easy(), CURLOPT_SERVER_RESPONSE_TIMEOUT, patience);
  }

  MailRequest request_;
  Lines headers_, recipients_;
  Mime body_;
  Replies replies_;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace

std::unique_ptr<Transfer> make_transfer(MailRequest request) {
  return std::make_unique<MailTransfer>(std::move(request));
}

}  // namespace tocsin
