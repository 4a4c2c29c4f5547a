// SPDX-License-Identifier: Apache-2.0
// What the integration tests do to a Kafka cluster, over librdkafka's admin and producer API.
//
//   kafka_tool BROKERS create-topic NAME PARTITIONS [CONFIG=VALUE]…
//   kafka_tool BROKERS delete-topic NAME
//   kafka_tool BROKERS add-partitions NAME TOTAL
//   kafka_tool BROKERS delete-records NAME PARTITION BEFORE_OFFSET
//   kafka_tool BROKERS produce NAME [PROPERTY=VALUE]… [transaction=commit|abort] [one_batch=1] <
//   JSONL kafka_tool BROKERS consume-count NAME [PROPERTY=VALUE]… kafka_tool BROKERS watermarks
//   NAME kafka_tool BROKERS committed GROUP NAME kafka_tool BROKERS topics
//
// A line to produce: {"topic"?, "partition", "timestamp"?, "key"?, "headers"? (an object),
// "value"}; a value that is no string is sent as its JSON text, and "hex" in its place holds bytes
// that are no text. produce prints how many records the broker has taken.
#include <librdkafka/rdkafka.h>
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tocsin/frees.h"

namespace {

using tocsin::Frees;

using Client = std::unique_ptr<rd_kafka_t, Frees<rd_kafka_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Frees<rd_kafka_queue_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Frees<rd_kafka_topic_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Frees<rd_kafka_event_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Frees<rd_kafka_message_destroy>>;
using Partitions =
    std::unique_ptr<rd_kafka_topic_partition_list_t, Frees<rd_kafka_topic_partition_list_destroy>>;
using Failure = std::unique_ptr<rd_kafka_error_t, Frees<rd_kafka_error_destroy>>;
using Properties = std::map<std::string, std::string>;

constexpr int kTimeoutMs = 30'000;

struct Arguments {
  std::string brokers;
  std::string command;
  std::vector<std::string> names;  // what is no KEY=VALUE
  Properties properties;

  const std::string& name(std::size_t index) const {
    if (index >= names.size()) throw std::runtime_error("an argument is missing");
    return names[index];
  }
  std::int64_t number(std::size_t index) const { return std::stoll(name(index)); }
};

void check(rd_kafka_resp_err_t error, const std::string& what) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw std::runtime_error(what + ": " + rd_kafka_err2str(error));
  }
}

void check(rd_kafka_error_t* error, const std::string& what) {
  const Failure owned(error);
  if (owned) throw std::runtime_error(what + ": " + rd_kafka_error_string(owned.get()));
}

Client client(rd_kafka_type_t type, const Arguments& arguments, Properties properties) {
  char text[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  properties["bootstrap.servers"] = arguments.brokers;
  properties["allow.auto.create.topics"] = "false";
  for (const auto& [key, value] : properties) {
    if (type == RD_KAFKA_PRODUCER && key == "allow.auto.create.topics") continue;
    if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), text, sizeof text) !=
        RD_KAFKA_CONF_OK) {
      throw std::runtime_error(text);
    }
  }
  if (type == RD_KAFKA_PRODUCER) {
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
      std::cerr << "not delivered: " << rd_kafka_err2str(message->err) << '\n';
      std::exit(1);
    });
  }
  rd_kafka_t* made = rd_kafka_new(type, conf, text, sizeof text);
  if (made == nullptr) throw std::runtime_error(text);
  return Client(made);
}

using Request = std::function<void(rd_kafka_t*, rd_kafka_queue_t*)>;

// Runs one admin request and throws unless each of its results is good.
void administer(const Arguments& arguments, const Request& request) {
  const Client admin = client(RD_KAFKA_PRODUCER, arguments, {});
  const Queue answers(rd_kafka_queue_new(admin.get()));
  request(admin.get(), answers.get());
  const Event event(rd_kafka_queue_poll(answers.get(), kTimeoutMs));
  if (!event) throw std::runtime_error("no answer in time");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw std::runtime_error(rd_kafka_event_error_string(event.get()));
  }
  std::size_t count = 0;
  const rd_kafka_topic_result_t** topics = nullptr;
  if (const auto* made = rd_kafka_event_CreateTopics_result(event.get())) {
    topics = rd_kafka_CreateTopics_result_topics(made, &count);
  } else if (const auto* gone = rd_kafka_event_DeleteTopics_result(event.get())) {
    topics = rd_kafka_DeleteTopics_result_topics(gone, &count);
  } else if (const auto* more = rd_kafka_event_CreatePartitions_result(event.get())) {
    topics = rd_kafka_CreatePartitions_result_topics(more, &count);
  } else if (const auto* cut = rd_kafka_event_DeleteRecords_result(event.get())) {
    const auto* list = rd_kafka_DeleteRecords_result_offsets(cut);
    for (int i = 0; i < list->cnt; ++i) check(list->elems[i].err, list->elems[i].topic);
  }
  for (std::size_t i = 0; i < count; ++i) {
    check(rd_kafka_topic_result_error(topics[i]), rd_kafka_topic_result_name(topics[i]));
  }
}

void create_topic(const Arguments& arguments) {
  char text[512];
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(
      arguments.name(0).c_str(), static_cast<int>(arguments.number(1)), 1, text, sizeof text);
  if (topic == nullptr) throw std::runtime_error(text);
  for (const auto& [key, value] : arguments.properties) {
    check(rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str()), key);
  }
  administer(arguments, [&](rd_kafka_t* admin, rd_kafka_queue_t* answers) {
    rd_kafka_CreateTopics(admin, &topic, 1, nullptr, answers);
  });
  rd_kafka_NewTopic_destroy(topic);
}

void delete_topic(const Arguments& arguments) {
  rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(arguments.name(0).c_str());
  administer(arguments, [&](rd_kafka_t* admin, rd_kafka_queue_t* answers) {
    rd_kafka_DeleteTopics(admin, &topic, 1, nullptr, answers);
  });
  rd_kafka_DeleteTopic_destroy(topic);
}

void add_partitions(const Arguments& arguments) {
  char text[512];
  rd_kafka_NewPartitions_t* partitions = rd_kafka_NewPartitions_new(
      arguments.name(0).c_str(), static_cast<std::size_t>(arguments.number(1)), text, sizeof text);
  if (partitions == nullptr) throw std::runtime_error(text);
  administer(arguments, [&](rd_kafka_t* admin, rd_kafka_queue_t* answers) {
    rd_kafka_CreatePartitions(admin, &partitions, 1, nullptr, answers);
  });
  rd_kafka_NewPartitions_destroy(partitions);
}

void delete_records(const Arguments& arguments) {
  const Partitions offsets(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(offsets.get(), arguments.name(0).c_str(),
                                    static_cast<std::int32_t>(arguments.number(1)))
      ->offset = arguments.number(2);
  rd_kafka_DeleteRecords_t* records = rd_kafka_DeleteRecords_new(offsets.get());
  administer(arguments, [&](rd_kafka_t* admin, rd_kafka_queue_t* answers) {
    rd_kafka_DeleteRecords(admin, &records, 1, nullptr, answers);
  });
  rd_kafka_DeleteRecords_destroy(records);
}

struct Line {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t timestamp = 0;  // 0: now
  bool has_key = false;
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};

std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

Line parse(simdjson::dom::parser& parser, const std::string& text, const std::string& topic) {
  Line line;
  line.topic = topic;
  const simdjson::dom::object object = parser.parse(text);
  for (const auto field : object) {
    if (field.key == "topic") line.topic = std::string(std::string_view(field.value));
    if (field.key == "partition") {
      line.partition = static_cast<std::int32_t>(std::int64_t(field.value));
    }
    if (field.key == "timestamp") line.timestamp = std::int64_t(field.value);
    if (field.key == "key") {
      line.key = std::string(std::string_view(field.value));
      line.has_key = true;
    }
    if (field.key == "headers") {
      for (const auto header : simdjson::dom::object(field.value)) {
        line.headers.emplace_back(header.key, std::string_view(header.value));
      }
    }
    if (field.key == "hex") line.value = from_hex(std::string(std::string_view(field.value)));
    if (field.key != "value") continue;
    line.value = field.value.is_string() ? std::string(std::string_view(field.value))
                                         : simdjson::minify(field.value);
  }
  return line;
}

// The macros of rd_kafka_producev cast as C does.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
void send(rd_kafka_t* producer, const Line& line) {
  for (;;) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(line.headers.size());
    for (const auto& [name, value] : line.headers) {
      rd_kafka_header_add(headers, name.c_str(), -1, value.data(), std::ssize(value));
    }
    const auto error = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(line.topic.c_str()), RD_KAFKA_V_PARTITION(line.partition),
        RD_KAFKA_V_TIMESTAMP(line.timestamp), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(line.has_key ? line.key.data() : nullptr, line.key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(line.value.data()), line.value.size()),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) return check(error, "produce");
    rd_kafka_poll(producer, 100);
  }
}

#pragma GCC diagnostic pop

int partition_count(rd_kafka_t* kafka, const std::string& topic) {
  const Topic handle(rd_kafka_topic_new(kafka, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* metadata = nullptr;
  check(rd_kafka_metadata(kafka, 0, handle.get(), &metadata, kTimeoutMs), "metadata");
  const auto error = metadata->topics[0].err;
  const int count = metadata->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(metadata);
  check(error, topic);
  return count;
}

void produce(Arguments arguments) {
  const std::string transaction = arguments.properties["transaction"];
  arguments.properties.erase("transaction");
  const bool one_batch = arguments.properties.erase("one_batch") > 0;
  Properties properties = arguments.properties;
  if (one_batch) properties["linger.ms"] = "10000";
  properties.try_emplace("linger.ms", "5");
  properties.try_emplace("message.max.bytes", "6000000");
  properties.try_emplace("queue.buffering.max.kbytes", "200000");
  if (!transaction.empty()) properties.try_emplace("transactional.id", "kafka_tool");
  const Client producer = client(RD_KAFKA_PRODUCER, arguments, properties);
  // Messages for a topic that is not known yet are handed over one by one, and sent as they come.
  if (one_batch) partition_count(producer.get(), arguments.name(0));
  if (!transaction.empty()) {
    check(rd_kafka_init_transactions(producer.get(), kTimeoutMs), "init_transactions");
    check(rd_kafka_begin_transaction(producer.get()), "begin_transaction");
  }
  simdjson::dom::parser parser;
  std::size_t count = 0;
  for (std::string text; std::getline(std::cin, text);) {
    if (text.empty()) continue;
    send(producer.get(), parse(parser, text, arguments.name(0)));
    if (++count % 1000 == 0) rd_kafka_poll(producer.get(), 0);
  }
  check(rd_kafka_flush(producer.get(), kTimeoutMs), "flush");
  if (transaction == "commit") {
    check(rd_kafka_commit_transaction(producer.get(), kTimeoutMs), "commit_transaction");
  } else if (transaction == "abort") {
    check(rd_kafka_abort_transaction(producer.get(), kTimeoutMs), "abort_transaction");
  }
  std::cout << count << '\n';
}

void consume_count(const Arguments& arguments) {
  Properties properties = arguments.properties;
  properties.try_emplace("enable.partition.eof", "true");
  const Client kafka = client(RD_KAFKA_CONSUMER, arguments, properties);
  const int partitions = partition_count(kafka.get(), arguments.name(0));
  const Topic topic(rd_kafka_topic_new(kafka.get(), arguments.name(0).c_str(), nullptr));
  const Queue queue(rd_kafka_queue_new(kafka.get()));
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_consume_start_queue(topic.get(), i, RD_KAFKA_OFFSET_BEGINNING, queue.get());
  }
  std::int64_t count = 0;
  for (int ended = 0; ended < partitions;) {
    const Message message(rd_kafka_consume_queue(queue.get(), kTimeoutMs));
    if (!message) throw std::runtime_error("no record in time");
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ++ended;
    } else {
      check(message->err, "consume");
      ++count;
    }
  }
  for (int i = 0; i < partitions; ++i) rd_kafka_consume_stop(topic.get(), i);
  std::cout << count << '\n';
}

void watermarks(const Arguments& arguments) {
  const Client kafka = client(RD_KAFKA_CONSUMER, arguments, {});
  const int partitions = partition_count(kafka.get(), arguments.name(0));
  for (int i = 0; i < partitions; ++i) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    check(rd_kafka_query_watermark_offsets(kafka.get(), arguments.name(0).c_str(), i, &low, &high,
                                           kTimeoutMs),
          "watermarks");
    std::cout << i << ' ' << low << ' ' << high << '\n';
  }
}

void committed(const Arguments& arguments) {
  const Client kafka = client(RD_KAFKA_CONSUMER, arguments, {{"group.id", arguments.name(0)}});
  const int partitions = partition_count(kafka.get(), arguments.name(1));
  const Partitions list(rd_kafka_topic_partition_list_new(partitions));
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(list.get(), arguments.name(1).c_str(), i);
  }
  check(rd_kafka_committed(kafka.get(), list.get(), kTimeoutMs), "committed");
  for (int i = 0; i < list->cnt; ++i) std::cout << i << ' ' << list->elems[i].offset << '\n';
}

void topics(const Arguments& arguments) {
  const Client kafka = client(RD_KAFKA_PRODUCER, arguments, {});
  const rd_kafka_metadata_t* metadata = nullptr;
  check(rd_kafka_metadata(kafka.get(), 1, nullptr, &metadata, kTimeoutMs), "metadata");
  for (int i = 0; i < metadata->topic_cnt; ++i) std::cout << metadata->topics[i].topic << '\n';
  rd_kafka_metadata_destroy(metadata);
}

const std::map<std::string_view, std::function<void(const Arguments&)>> kCommands = {
    {"create-topic", create_topic},
    {"delete-topic", delete_topic},
    {"add-partitions", add_partitions},
    {"delete-records", delete_records},
    {"produce", produce},
    {"consume-count", consume_count},
    {"watermarks", watermarks},
    {"committed", committed},
    {"topics", topics},
};

}  // namespace

int main(int count, char** values) {
  if (count < 3 || kCommands.find(values[2]) == kCommands.end()) {
    std::cerr << "usage: kafka_tool BROKERS COMMAND …, with COMMAND one of";
    for (const auto& [name, run] : kCommands) std::cerr << ' ' << name;
    std::cerr << '\n';
    return 2;
  }
  Arguments arguments{values[1], values[2], {}, {}};
  for (int i = 3; i < count; ++i) {
    const std::string text = values[i];
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
      arguments.names.push_back(text);
    } else {
      arguments.properties[text.substr(0, equals)] = text.substr(equals + 1);
    }
  }
  try {
    kCommands.at(arguments.command)(arguments);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << arguments.command << ": " << error.what() << '\n';
    return 1;
  }
}
