// SPDX-License-Identifier: Apache-2.0
package tocsin.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The bench's five rules as a good Kafka Streams application would do them: each event becomes five
 * (cell, cost) records, which one repartition topic brings to the owner of the cell; it adds them up
 * in RocksDB with a changelog, and sends a record for each rung passed. Exactly once. It keeps every
 * window for ever and tells nobody, both in its favour.
 *
 * <p>FiveRules BROKERS TOPIC EVENTS PRICES ALERTS STATE prints {"seconds", "total", "rungs"} when all
 * cells have counted all events; commits may still be under way.
 */
public final class FiveRules {
  private static final long DOLLAR = 1_000_000_000_000L; // picodollars
  private static final List<Long> BUDGETS = List.of(8000L, 3000L, 60L, 20L, 2L); // by rule
  private static final long[] PERCENT = {50, 80, 100};
  private static final String CELLS = "cells";
  private static final JsonFactory JSON = new JsonFactory();

  private static final LongAdder counted = new LongAdder();
  private static final LongAdder total = new LongAdder();
  private static final LongAdder rungs = new LongAdder();

  private record Price(long input, long cacheRead, long output) {}

  private final Map<String, Price> prices = new HashMap<>();

  private FiveRules(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) readPrices(Files.readString(file));
    }
  }

  private void readPrices(String yaml) {
    Matcher price =
        Pattern.compile(
                "model: (\\S+)\\s+prices:\\s+- per_mtok: "
                    + "\\{input: \"([^\"]+)\", cache_read: \"([^\"]+)\", output: \"([^\"]+)\"\\}")
            .matcher(yaml);
    while (price.find()) {
      prices.put(
          price.group(1),
          new Price(perToken(price.group(2)), perToken(price.group(3)), perToken(price.group(4))));
    }
  }

  private static long perToken(String dollarsPerMillion) {
    return new BigDecimal(dollarsPerMillion).movePointRight(6).longValueExact();
  }

  /** The fields that rules and prices need, read as a stream. */
  private static final class Event {
    String time, model, user, feature, environment;
    long input, cacheRead, output;

    static Event read(byte[] json) {
      Event event = new Event();
      try (JsonParser parser = JSON.createParser(json)) {
        while (parser.nextToken() != null) {
          if (parser.currentToken() != JsonToken.FIELD_NAME) continue;
          String name = parser.currentName();
          JsonToken value = parser.nextToken();
          if (value == JsonToken.VALUE_STRING) event.text(name, parser);
          else if (value == JsonToken.VALUE_NUMBER_INT) event.number(name, parser);
        }
      } catch (IOException unreadable) {
        throw new IllegalStateException(unreadable);
      }
      return event;
    }

    private void text(String name, JsonParser parser) throws IOException {
      switch (name) {
        case "timestamp" -> time = parser.getText();
        case "model" -> model = parser.getText();
        case "user" -> user = parser.getText();
        case "Feature" -> feature = parser.getText();
        case "Environment" -> environment = parser.getText();
        default -> {}
      }
    }

    private void number(String name, JsonParser parser) throws IOException {
      switch (name) {
        case "input" -> input = parser.getLongValue();
        case "cache_read" -> cacheRead = parser.getLongValue();
        case "output" -> output = parser.getLongValue();
        default -> {}
      }
    }
  }

  private Iterable<KeyValue<String, Long>> cells(byte[] json) {
    Event e = Event.read(json);
    Price price = prices.get(e.model);
    long cost = e.input * price.input + e.cacheRead * price.cacheRead + e.output * price.output;
    String day = e.time.substring(0, 10);
    String hour = e.time.substring(0, 13);
    return List.of(
        KeyValue.pair("0|" + day, cost),
        KeyValue.pair("1|" + day + "|" + e.environment, cost),
        KeyValue.pair("2|" + hour + "|" + e.feature, cost),
        KeyValue.pair("3|" + day + "|" + e.user, cost),
        KeyValue.pair("4|" + hour + "|" + e.user + "|" + e.feature, cost));
  }

  /** Adds to the cell and forwards the rungs that its total has passed. */
  private static final class Cells implements Processor<String, Long, String, Long> {
    private ProcessorContext<String, Long> context;
    private KeyValueStore<String, Long> store;

    @Override
    public void init(ProcessorContext<String, Long> context) {
      this.context = context;
      store = context.getStateStore(CELLS);
    }

    @Override
    public void process(Record<String, Long> delta) {
      Long known = store.get(delta.key());
      long before = known == null ? 0 : known;
      long after = before + delta.value();
      store.put(delta.key(), after);
      int rule = delta.key().charAt(0) - '0';
      for (long percent : PERCENT) {
        long limit = BUDGETS.get(rule) * DOLLAR / 100 * percent;
        if (before >= limit || after < limit) continue;
        rungs.increment();
        context.forward(delta.withKey(delta.key() + "|" + percent).withValue(after));
      }
      if (rule == 0) total.add(delta.value());
      counted.increment();
    }
  }

  private static Properties properties(String brokers, String state) {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "five-rules-" + System.nanoTime());
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, state);
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L << 20);
    properties.put(StreamsConfig.producerPrefix("linger.ms"), 50);
    properties.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
    properties.put(StreamsConfig.consumerPrefix("max.poll.records"), 5000);
    properties.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    return properties;
  }

  public static void main(String[] arguments) throws Exception {
    String topic = arguments[1];
    long events = Long.parseLong(arguments[2]);
    FiveRules rules = new FiveRules(Path.of(arguments[3]));
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(
        Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(CELLS), Serdes.String(), Serdes.Long())
            .withCachingEnabled());
    builder.stream(topic, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
        .flatMap((key, json) -> rules.cells(json))
        .repartition(
            Repartitioned.with(Serdes.String(), Serdes.Long())
                .withName(CELLS)
                .withNumberOfPartitions(4))
        .process(Cells::new, CELLS)
        .to(arguments[4], Produced.with(Serdes.String(), Serdes.Long()));
    KafkaStreams streams =
        new KafkaStreams(builder.build(), properties(arguments[0], arguments[5]));
    long start = System.nanoTime();
    streams.start();
    while (counted.sum() < 5 * events) {
      if (!streams.state().isRunningOrRebalancing() && streams.state() != KafkaStreams.State.CREATED) {
        throw new IllegalStateException("the application stopped: " + streams.state());
      }
      Thread.sleep(20);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        "{\"seconds\": %.3f, \"total\": \"%d\", \"rungs\": %d}%n",
        seconds, total.sum(), rungs.sum());
    System.out.flush();
    System.in.read(); // the parent reads our memory first
    Runtime.getRuntime().halt(0);
  }
}
