import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Drives Kafka's own client, the one in Java. See README.md. Run from source: java -cp 'jars/*' KafkaJavaClient.java SCENARIO … */
final class KafkaJavaClient {
    private static final long DEADLINE_MS = 90_000;

    private static String bootstrap;
    private static String protocol = "classic";

    public static void main(String[] args) throws Exception {
        String scenario = args[0];
        if (scenario.startsWith("consumer:")) {
            protocol = "consumer";
            scenario = scenario.substring("consumer:".length());
        }
        bootstrap = args[1];
        String topic = args[2];
        switch (scenario) {
            case "create" -> create(topic, Integer.parseInt(args[3]));
            case "admin" -> admin(topic);
            case "roundtrip" -> roundtrip(topic, args[3], Integer.parseInt(args[4]));
            case "group" -> group(topic, args[3], Integer.parseInt(args[4]));
            case "resume" -> resume(topic, args[3], Integer.parseInt(args[4]));
            case "describe" -> describe(topic, args[3]);
            case "sessions" -> sessions(topic, Integer.parseInt(args[3]));
            case "transactions" -> transactions(topic, Integer.parseInt(args[3]));
            case "read" -> read(topic, args[3]);
            case "pipe" -> pipe(topic, args[3], Integer.parseInt(args[4]));
            case "fenced" -> fenced(topic);
            default -> say("unsupported", scenario);
        }
    }

    private static void create(String topic, int partitions) throws Exception {
        try (Admin admin = newAdmin()) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(Map.of("retention.ms", "3600000")))).all().get();
            var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            say("topics", admin.listTopics().names().get(),
                "partitions", admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size(),
                "retention", admin.describeConfigs(List.of(resource)).all().get().get(resource).get("retention.ms").value());
        }
    }

    private static void admin(String topic) throws Exception {
        try (Admin admin = newAdmin()) {
            var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            int created = code(() -> admin.createTopics(
                List.of(new NewTopic(topic, 3, (short) 1).configs(Map.of("retention.ms", "3600000")))).all());
            int again = code(() -> admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1))).all());
            int badConfig = code(() -> admin.createTopics(
                List.of(new NewTopic(topic + "-bad", 1, (short) 1).configs(Map.of("retention.ms", "soon")))).all());
            int tooManyReplicas = code(() -> admin.createTopics(List.of(new NewTopic(topic + "-bad", 1, (short) 100))).all());
            int grown = code(() -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all());
            int shrunk = code(() -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(2))).all());
            int altered = code(() -> alter(admin, resource, "segment.ms", "60000"));
            int unknownConfig = code(() -> alter(admin, resource, "no.such.config", "1"));
            var configs = admin.describeConfigs(List.of(resource)).all().get().get(resource);
            var node = admin.describeCluster().nodes().get().iterator().next();
            var broker = new ConfigResource(ConfigResource.Type.BROKER, node.idString());
            var brokerConfigs = admin.describeConfigs(List.of(broker)).all().get().get(broker);
            int partitions = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();

            send(topic, "d", 30);
            var first = new TopicPartition(topic, 0);
            long end = admin.listOffsets(Map.of(first, OffsetSpec.latest())).all().get().get(first).offset();
            long low = admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(-1))).lowWatermarks().get(first).get().lowWatermark();
            long start = admin.listOffsets(Map.of(first, OffsetSpec.earliest())).all().get().get(first).offset();

            String group = topic + "-g";
            int offsets = code(() -> admin.alterConsumerGroupOffsets(group, Map.of(first, new OffsetAndMetadata(7, "seven"))).all());
            var committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(first);
            int groupDeleted = code(() -> admin.deleteConsumerGroups(List.of(group)).all());
            int deletedAgain = code(() -> admin.deleteConsumerGroups(List.of(group)).all());
            int deleted = code(() -> admin.deleteTopics(List.of(topic)).all());
            say("created", created, "again", again, "badConfig", badConfig, "tooManyReplicas", tooManyReplicas, "grown", grown,
                "shrunk", shrunk, "altered", altered, "unknownConfig", unknownConfig, "partitions", partitions,
                "retention", configs.get("retention.ms").value(), "segment", configs.get("segment.ms").value(),
                "readOnly", brokerConfigs.get("num.partitions").isReadOnly(),
                "dynamic", !brokerConfigs.get("message.max.bytes").isReadOnly(),
                "end", end, "low", low, "start", start, "offsets", offsets, "committed", committed.offset(),
                "metadata", committed.metadata(), "groupDeleted", groupDeleted, "groupDeletedAgain", deletedAgain,
                "deleted", deleted, "topics", admin.listTopics().names().get());
        }
    }

    private static org.apache.kafka.common.KafkaFuture<Void> alter(Admin admin, ConfigResource resource, String name, String value) {
        var set = new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
        return admin.incrementalAlterConfigs(Map.of(resource, List.<AlterConfigOp>of(set))).all();
    }

    private static int code(Callable<Future<?>> call) throws Exception {
        try {
            call.call().get();
            return 0;
        } catch (ExecutionException e) {
            return Errors.forException(e.getCause()).code();
        }
    }

    private static void roundtrip(String topic, String codec, int count) throws Exception {
        try (var producer = newProducer(Map.of("compression.type", codec, "linger.ms", "20"))) {
            var sent = new ArrayList<Future<?>>();
            for (int i = 0; i < count; i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, "k-" + i, "v-" + codec + "-" + i + "-" + "x".repeat(i % 300))));
            }
            for (var future : sent) {
                future.get();
            }
        }
        try (var consumer = newConsumer(topic + "-reader", Map.of())) {
            consumer.assign(partitions(consumer, topic));
            consumer.seekToBeginning(consumer.assignment());
            int seen = 0;
            for (long end = now() + DEADLINE_MS; seen < count && now() < end;) {
                for (var record : consumer.poll(Duration.ofMillis(500))) {
                    say("p", record.partition(), "o", record.offset(), "k", record.key(), "v", record.value());
                    seen++;
                }
            }
        }
    }

    /** A member of a group in a thread of its own, committing what it has read. */
    private static final class Member extends Thread {
        private final String topic;
        private final String group;
        private final List<String> values;
        private volatile boolean stopping;
        private volatile List<Integer> owned = List.of();

        Member(String topic, String group, List<String> values) {
            this.topic = topic;
            this.group = group;
            this.values = values;
            setDaemon(true);
            start();
        }

        @Override
        public void run() {
            try (var consumer = newConsumer(group, Map.of())) {
                consumer.subscribe(List.of(topic));
                while (!stopping) {
                    var records = consumer.poll(Duration.ofMillis(100));
                    owned = consumer.assignment().stream().map(TopicPartition::partition).sorted().toList();
                    records.forEach(record -> values.add(record.value()));
                    if (!records.isEmpty()) {
                        consumer.commitSync();
                    }
                }
            }
        }

        void leave() throws InterruptedException {
            stopping = true;
            join(30_000);
        }
    }

    private static void group(String topic, String group, int count) throws Exception {
        List<String> values = Collections.synchronizedList(new ArrayList<>());
        var members = new ArrayList<Member>();
        for (int i = 0; i < 3; i++) {
            members.add(new Member(topic, group, values));
        }
        until(() -> shared(members, 6), "three share");
        var three = members.stream().map(m -> m.owned).toList();
        send(topic, "v", count);
        until(() -> distinct(values) == count, "all consumed by three");
        members.remove(2).leave();
        until(() -> shared(members, 6), "two share");
        var two = members.stream().map(m -> m.owned).toList();
        send(topic, "v", count, 2 * count, Map.of());
        until(() -> distinct(values) == 2 * count, "all consumed by two");
        for (var member : members) {
            member.leave();
        }
        say("three", three, "two", two, "values", values);
    }

    private static boolean shared(List<Member> members, int partitions) {
        var all = new ArrayList<Integer>();
        for (var member : members) {
            if (member.owned.isEmpty()) {
                return false;
            }
            all.addAll(member.owned);
        }
        return all.size() == partitions && new HashSet<>(all).size() == partitions;
    }

    private static int distinct(List<String> values) {
        synchronized (values) {
            return new HashSet<>(values).size();
        }
    }

    private static void resume(String topic, String group, int count) throws Exception {
        send(topic, "v", count);
        var first = take(topic, group, count / 2);
        say("first", first, "second", take(topic, group, count - count / 2));
    }

    private static List<String> take(String topic, String group, int count) {
        var values = new ArrayList<String>();
        try (var consumer = newConsumer(group, Map.of("max.poll.records", "1"))) {
            consumer.subscribe(List.of(topic));
            for (long end = now() + DEADLINE_MS; values.size() < count && now() < end;) {
                consumer.poll(Duration.ofMillis(500)).forEach(record -> values.add(record.value()));
                consumer.commitSync();
            }
        }
        return values;
    }

    private static void describe(String topic, String group) throws Exception {
        var member = new Member(topic, group, new ArrayList<>());
        until(() -> !member.owned.isEmpty(), "joined");
        try (Admin admin = newAdmin()) {
            var groups = admin.listConsumerGroups().all().get().stream().map(g -> g.groupId()).toList();
            var found = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
            say("groups", groups, "state", found.state().toString(), "members", found.members().size(),
                "type", found.type().toString(), "assignor", found.partitionAssignor());
        }
        member.leave();
    }

    /** Partitions come, pause, go and come again in one fetch session (KIP-227), and each round's records are seen once. */
    private static void sessions(String topic, int rounds) throws Exception {
        var values = new ArrayList<String>();
        int sent = 0;
        try (var consumer = newConsumer(topic + "-g", Map.of()); var producer = newProducer(Map.of())) {
            var all = new ArrayList<>(partitions(consumer, topic));
            consumer.assign(all);
            consumer.seekToBeginning(all);
            for (int round = 0; round < rounds; round++) {
                var part = new ArrayList<TopicPartition>();
                for (int i = 0; i < all.size(); i++) {
                    if ((i + round) % 3 != 0) {
                        part.add(all.get(i));
                    }
                }
                if (round % 2 == 0) {
                    consumer.resume(consumer.assignment());
                    consumer.pause(part);
                    consumer.resume(part.subList(0, part.size() / 2));
                } else {
                    var places = new HashMap<TopicPartition, Long>();
                    for (var place : all) {
                        places.put(place, consumer.position(place));
                    }
                    consumer.assign(part);
                    part.forEach(place -> consumer.seek(place, places.get(place)));
                    consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
                    part.forEach(place -> places.put(place, consumer.position(place)));
                    consumer.assign(all);
                    all.forEach(place -> consumer.seek(place, places.get(place)));
                }
                for (var place : all) {
                    producer.send(new ProducerRecord<>(topic, place.partition(), "k", place.partition() + ":" + round));
                    sent++;
                }
                producer.flush();
                consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
            }
            consumer.resume(consumer.assignment());
            for (long end = now() + DEADLINE_MS; values.size() < sent && now() < end;) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
            }
            // Nothing more comes.
            consumer.poll(Duration.ofMillis(500)).forEach(record -> values.add(record.value()));
            say("sent", sent, "values", values);
        }
    }

    private static void transactions(String topic, int count) throws Exception {
        try (var producer = newTransactional(topic)) {
            for (String prefix : List.of("c", "a", "d", "e")) {
                producer.beginTransaction();
                for (int i = 0; i < count; i++) {
                    producer.send(new ProducerRecord<>(topic, "k-" + i, prefix + "-" + i));
                }
                if (prefix.equals("c") || prefix.equals("d")) {
                    producer.commitTransaction();
                } else {
                    producer.flush();
                    producer.abortTransaction();
                }
            }
        }
    }

    private static void read(String topic, String isolation) {
        var values = new ArrayList<Object>();
        var positions = new TreeMap<Integer, Long>();
        try (var consumer = newConsumer(topic + "-reader", Map.of("isolation.level", "read_" + isolation))) {
            var all = partitions(consumer, topic);
            consumer.assign(all);
            consumer.seekToBeginning(all);
            var ends = consumer.endOffsets(all);
            for (long end = now() + DEADLINE_MS; now() < end && !reached(consumer, ends);) {
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    values.add(List.of(record.partition(), record.value()));
                }
            }
            all.forEach(place -> positions.put(place.partition(), consumer.position(place)));
            say("values", values, "positions", positions.values(), "ended", reached(consumer, ends));
        }
    }

    private static boolean reached(KafkaConsumer<?, ?> consumer, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    private static int pipeSome(String source, String group, int count, int batch, int aborts) throws Exception {
        int done = 0, aborted = 0;
        try (var consumer = newConsumer(group, Map.of("isolation.level", "read_committed", "max.poll.records", Integer.toString(batch)));
             var producer = newTransactional(group)) {
            consumer.subscribe(List.of(source));
            for (long end = now() + DEADLINE_MS; done < count && now() < end;) {
                var records = consumer.poll(Duration.ofMillis(500));
                if (records.isEmpty()) {
                    continue;
                }
                producer.beginTransaction();
                var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
                var firsts = new HashMap<TopicPartition, Long>();
                for (ConsumerRecord<String, String> record : records) {
                    var place = new TopicPartition(record.topic(), record.partition());
                    producer.send(new ProducerRecord<>(source + "-out", record.key(), record.value()));
                    offsets.put(place, new OffsetAndMetadata(record.offset() + 1));
                    firsts.putIfAbsent(place, record.offset());
                }
                producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                if (aborted < aborts) {
                    aborted++;
                    producer.flush();
                    producer.abortTransaction();
                    firsts.forEach(consumer::seek);
                } else {
                    producer.commitTransaction();
                    done += records.count();
                }
            }
        }
        return done;
    }

    private static void pipe(String topic, String group, int count) throws Exception {
        send(topic, "v", count);
        int first = pipeSome(topic, group, count / 2, 20, 2);
        say("first", first, "second", pipeSome(topic, group, count - first, 20, 1));
    }

    private static void fenced(String topic) throws Exception {
        try (var old = newTransactional(topic); var fresh = newProducer(Map.of("transactional.id", topic))) {
            old.beginTransaction();
            old.send(new ProducerRecord<>(topic, "k", "old")).get();
            fresh.initTransactions();
            fresh.beginTransaction();
            fresh.send(new ProducerRecord<>(topic, "k", "new"));
            fresh.commitTransaction();
            String end = "none";
            try {
                old.commitTransaction();
            } catch (RuntimeException e) {
                end = e.getClass().getSimpleName();
            }
            say("old", end);
        }
    }

    private static Admin newAdmin() {
        return Admin.create(properties(Map.of()));
    }

    private static KafkaProducer<String, String> newProducer(Map<String, String> more) {
        return new KafkaProducer<>(properties(more), new StringSerializer(), new StringSerializer());
    }

    private static KafkaProducer<String, String> newTransactional(String id) {
        var producer = newProducer(Map.of("transactional.id", id));
        producer.initTransactions();
        return producer;
    }

    private static KafkaConsumer<String, String> newConsumer(String group, Map<String, String> more) {
        var settings = new HashMap<>(more);
        settings.put("group.id", group);
        settings.put("group.protocol", protocol);
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        settings.put("fetch.max.wait.ms", "100");
        if (protocol.equals("classic")) {
            settings.put("session.timeout.ms", "10000");
            settings.put("heartbeat.interval.ms", "500");
        }
        return new KafkaConsumer<>(properties(settings), new StringDeserializer(), new StringDeserializer());
    }

    private static Properties properties(Map<String, String> more) {
        var properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.putAll(more);
        return properties;
    }

    private static List<TopicPartition> partitions(KafkaConsumer<?, ?> consumer, String topic) {
        return consumer.partitionsFor(topic).stream().map(p -> new TopicPartition(topic, p.partition()))
            .sorted((a, b) -> a.partition() - b.partition()).toList();
    }

    private static void send(String topic, String prefix, int count) throws Exception {
        send(topic, prefix, 0, count, Map.of());
    }

    private static void send(String topic, String prefix, int from, int to, Map<String, String> more) throws Exception {
        try (var producer = newProducer(more)) {
            var sent = new ArrayList<Future<?>>();
            for (int i = from; i < to; i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, "k-" + i, prefix + "-" + i)));
            }
            for (var future : sent) {
                future.get();
            }
        }
    }

    private static long now() {
        return System.nanoTime() / 1_000_000;
    }

    private static void until(BooleanSupplier condition, String what) throws InterruptedException {
        for (long end = now() + DEADLINE_MS; !condition.getAsBoolean(); Thread.sleep(50)) {
            if (now() > end) {
                throw new AssertionError(what);
            }
        }
    }

    /** One line of JSON of names and values. */
    private static void say(Object... what) {
        var line = new StringBuilder("{");
        for (int i = 0; i < what.length; i += 2) {
            line.append(i == 0 ? "" : ",").append(json(what[i])).append(':').append(json(what[i + 1]));
        }
        System.out.println(line.append('}'));
    }

    private static String json(Object value) {
        if (value instanceof Collection<?> items) {
            return "[" + String.join(",", items.stream().map(KafkaJavaClient::json).toList()) + "]";
        }
        return value == null || value instanceof Number || value instanceof Boolean ? String.valueOf(value) : "\"" + value + "\"";
    }
}
