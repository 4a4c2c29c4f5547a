// SPDX-License-Identifier: Apache-2.0
// How long from produce() to the webhook: writes a steady stream of requests, every so often one
// that crosses a rung of a rule nothing else touches, and is itself the webhook's receiver.
//   bench_latency BROKERS TOPIC PORT PROBES RATE LINGER_MS
// Rules are expected to be named probe-0 … and to match {Probe: p-0} … . Prints one JSON object;
// its `rate` is what was really sent a second, and `behind_ms` how late the latest record was.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "producer.h"

namespace tocsin::bench {
namespace {

using Steady = std::chrono::steady_clock;
constexpr int kProbesPerSecond = 5;
constexpr int kWarmup = 10;  // probes not counted

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Steady::now().time_since_epoch())
      .count();
}

// When each probe was sent and first heard of, in microseconds; 0: not yet.
struct Probes {
  explicit Probes(std::size_t count) : sent(count), heard(count) {}
  std::vector<std::atomic<std::int64_t>> sent, heard;

  std::size_t missing() const {
    return static_cast<std::size_t>(
        std::count_if(heard.begin(), heard.end(), [](const auto& at) { return at.load() == 0; }));
  }
};

// Marks every rule the body names.
void note(std::string_view body, Probes& probes) {
  constexpr std::string_view kRule = "\"rule\":\"probe-";
  const std::int64_t now = now_us();
  for (std::size_t at = body.find(kRule); at != std::string_view::npos; at = body.find(kRule, at)) {
    at += kRule.size();
    const auto probe = std::strtoull(body.data() + at, nullptr, 10);
    std::int64_t unheard = 0;
    if (probe < probes.heard.size()) probes.heard[probe].compare_exchange_strong(unheard, now);
  }
}

// The length of the first whole request in `bytes`, its body in `body`; 0 if it is not all there.
std::size_t whole_request(const std::string& bytes, std::string& body) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  std::size_t length = 0;
  for (const char* name : {"Content-Length: ", "content-length: "}) {
    const std::size_t at = bytes.find(name);
    if (at < end) length = std::strtoull(bytes.c_str() + at + std::strlen(name), nullptr, 10);
  }
  const std::size_t total = end + 4 + length;
  if (bytes.size() < total) return 0;
  body = bytes.substr(end + 4, length);
  body.erase(std::remove(body.begin(), body.end(), ' '), body.end());
  return total;
}

void answer(int connection, Probes& probes) {
  constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  std::string bytes, body;
  std::vector<char> buffer(1 << 16);
  for (;;) {
    const ssize_t got = ::recv(connection, buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
    while (const std::size_t length = whole_request(bytes, body)) {
      note(body, probes);
      bytes.erase(0, length);
      if (::send(connection, kOk.data(), kOk.size(), MSG_NOSIGNAL) < 0) break;
    }
  }
  ::close(connection);
}

// A listening socket on the loopback; -1 with a message if the port is taken.
int listen_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 16) != 0) {
    std::fprintf(stderr, "cannot listen on 127.0.0.1:%d: %s\n", port, std::strerror(errno));
    return -1;
  }
  return listener;
}

// As long as a usual event; what it costs is its own word, so that a probe crosses at once.
std::string event(std::int64_t number, std::int64_t at_ms, const std::string& probe) {
  constexpr std::int64_t kUsers = 100'000;
  return fmt::format(
      R"({{"id":"lat-{}-{}","timestamp":{},"provider":"aurora","model":"unlisted",)"
      R"("operation":"chat","status":200,"latency_ms":812,"cached":false,)"
      R"("usage":{{"input":1176,"cache_read":1024,"output":300,"reasoning":120}},)"
      R"("cost_usd":"{}","user":"user-{}","service":"gateway-eu-west-1","key":"key-premium",)"
      R"("session":{{"id":"ses-{:08x}","path":"/v1/chat"}},"properties":{{"Feature":"feature-{}",)"
      R"("Environment":"production","UserTier":"premium","Region":"eu-west-1",)"
      R"("AppVersion":"4.2.1","Probe":"{}"}}}})",
      at_ms, number, at_ms, probe == "none" ? "0.000001" : "2", number * 7919 % kUsers,
      number % kUsers, number % 8, probe);
}

// What was sent, and when.
struct Pace {
  std::int64_t events = 0;
  double seconds = 0, behind_ms = 0;
};

// Sends what is due, each millisecond. A probe's time begins before its own produce
// call, so a producer that cannot keep up would flatter: how late it was is told.
bool produce(Producer& producer, Probes& probes, std::int64_t rate, Pace& pace) {
  const std::int64_t each = std::max<std::int64_t>(1, rate / kProbesPerSecond);
  pace.events = static_cast<std::int64_t>(probes.sent.size()) * each;
  const auto start = Steady::now();
  const auto due = [&](std::int64_t i) {
    return start + std::chrono::nanoseconds(i * 1'000'000'000 / rate);
  };
  std::int64_t i = 0;
  for (auto tick = start; i < pace.events; tick += std::chrono::milliseconds(1)) {
    std::this_thread::sleep_until(tick);
    const auto now = Steady::now();
    const auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    pace.behind_ms =
        std::max(pace.behind_ms, std::chrono::duration<double, std::milli>(now - tick).count());
    for (; i < pace.events && due(i) <= now; ++i) {
      const bool is_probe = i % each == each - 1;
      const auto probe = static_cast<std::size_t>(i / each);
      const std::string value =
          event(i, wall.count(), is_probe ? fmt::format("p-{}", probe) : std::string("none"));
      if (is_probe) probes.sent[probe] = now_us();
      if (!producer.send({static_cast<std::int32_t>(i % 4), wall.count(), "", value})) return false;
    }
    producer.poll();
  }
  pace.seconds = std::chrono::duration<double>(Steady::now() - start).count();
  return producer.flush();
}

int report(const Probes& probes, const Pace& pace) {
  std::vector<std::int64_t> took;
  for (std::size_t i = kWarmup; i < probes.sent.size(); ++i) {
    if (probes.heard[i] != 0) took.push_back(probes.heard[i] - probes.sent[i]);
  }
  if (took.empty()) {
    std::fprintf(stderr, "no webhook came\n");
    return 1;
  }
  std::sort(took.begin(), took.end());
  const auto at = [&](std::size_t per_thousand) {
    return static_cast<double>(took[(took.size() - 1) * per_thousand / 1000]) / 1000;
  };
  fmt::print(
      "{{\"probes\":{},\"missing\":{},\"rate\":{:.0f},\"behind_ms\":{:.1f},\"p50_ms\":{:.3f},"
      "\"p90_ms\":{:.3f},\"p99_ms\":{:.3f},\"max_ms\":{:.3f}}}\n",
      took.size(), probes.missing(), static_cast<double>(pace.events) / pace.seconds,
      pace.behind_ms, at(500), at(900), at(990), at(1000));
  return probes.missing() == 0 ? 0 : 1;
}

int measure(const ProducerSettings& settings, std::uint16_t port, std::size_t count,
            std::int64_t rate) {
  const int listener = listen_on(port);
  const auto producer = Producer::create(settings);
  if (listener < 0 || producer == nullptr) return 1;
  // Lives to the end of the process: the threads of connections are not joined.
  auto* probes = new Probes(count);
  std::thread([listener, probes] {
    for (;;) {
      const int connection = ::accept(listener, nullptr, nullptr);
      if (connection < 0) return;
      const int on = 1;
      ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      std::thread(answer, connection, std::ref(*probes)).detach();
    }
  }).detach();
  Pace pace;
  if (!produce(*producer, *probes, rate, pace)) return 1;
  const auto end = Steady::now() + std::chrono::seconds(10);
  while (probes->missing() > 0 && Steady::now() < end) {
    std::this_thread::sleep_until(Steady::now() + std::chrono::milliseconds(20));
  }
  const int code = report(*probes, pace);
  std::fflush(stdout);
  std::_Exit(code);
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: bench_latency BROKERS TOPIC PORT PROBES RATE LINGER_MS\n");
    return 64;
  }
  return tocsin::bench::measure({argv[1], argv[2], argv[6]},
                                static_cast<std::uint16_t>(std::atoi(argv[3])),
                                std::strtoull(argv[4], nullptr, 10), std::atoi(argv[5]));
}
