// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <httplib.h>

#include <cstddef>
#include <string_view>

namespace tocsin {

// The library's server with bounds on what one connection may cost: it reads headers without end,
// and each byte may take its time. Here a whole request has kRequestSeconds to come and a number of
// bytes; after that the client is told that it cannot be understood. One request a connection.
// Internal to the room.
class BoundedServer final : public httplib::Server {
 public:
  static constexpr int kRequestSeconds = 5;
  static constexpr int kWriteSeconds = 5;  // for each part of an answer to be taken
  static constexpr std::size_t kHeadMax = 32 * 1024;

  static constexpr int kLargeSeconds = 30;  // for a request to a path that takes large bodies
  static constexpr int kLingerSeconds = 1;
  // Where a request's Content-Encoding is put: the library would unpack by it, without a word when
  // the packed bytes are cut short.
  static constexpr const char* kEncodingHeader = "Tocsin-Content-Encoding";

  explicit BoundedServer(std::size_t body_max) : request_max_(kHeadMax + body_max) {
    set_payload_max_length(body_max);
  }

  // Requests to these paths may have bodies that large. Before it serves.
  void allow_large(bool (*path)(std::string_view), std::size_t body_max) {
    large_path_ = path;
    large_max_ = body_max;
    set_payload_max_length(body_max);
  }

 private:
  bool process_and_close_socket(socket_t socket) override;

  const std::size_t request_max_;
  bool (*large_path_)(std::string_view) = nullptr;
  std::size_t large_max_ = 0;
};

}  // namespace tocsin
