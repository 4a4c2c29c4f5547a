// SPDX-License-Identifier: Apache-2.0
#include "http/http_get.h"

#include <httplib.h>

#include "http/listen_address.h"

namespace tocsin {

Result<HttpReply> http_get(const HttpGetRequest& request) {
  httplib::Client client(request.host, request.port);
  client.set_connection_timeout(request.timeout);
  client.set_read_timeout(request.timeout);
  client.set_write_timeout(request.timeout);
  client.set_tcp_nodelay(true);
  httplib::Headers headers;
  if (!request.token.empty()) headers.emplace("Authorization", "Bearer " + request.token);
  if (!request.post_as.empty()) headers.emplace("Tocsin-Request", request.post_as);
  const httplib::Result result =
      request.post_as.empty() ? client.Get(request.path, headers)
      : request.deletes       ? client.Delete(request.path, headers)
                        : client.Post(request.path, headers, std::string(), "application/json");
  if (!result) {
    const ListenAddress address{request.host, request.port, false};
    return retry(address.text() + " does not answer: " + httplib::to_string(result.error()));
  }
  return HttpReply{result->status, result->body};
}

}  // namespace tocsin
