// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "tocsin/time.h"

namespace tocsin {

struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // of temporary ones, else empty
};

// What is signed of a request: all of it, so that nothing on its way can change it.
struct AwsRequest {
  std::string method, path, query;             // path and query as they are sent, encoded
  std::map<std::string, std::string> headers;  // names in lower case; "host" among them
  std::string body;
  std::string region, service;
};

// "20150830T123600Z", the header x-amz-date, which must be among the signed headers.
std::string aws_date(WallTime now);

// The header Authorization, by AWS' Signature Version 4.
std::string aws_authorization(const AwsRequest& request, const AwsCredentials& credentials,
                              WallTime now);

}  // namespace tocsin
