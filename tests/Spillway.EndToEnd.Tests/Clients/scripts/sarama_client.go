// Drives sarama. See README.md.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/Shopify/sarama"
)

const deadline = 90 * time.Second

func say(what map[string]interface{}) {
	line, err := json.Marshal(what)
	check(err)
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func until(what string, condition func() bool) {
	end := time.Now().Add(deadline)
	for !condition() {
		if time.Now().After(end) {
			check(fmt.Errorf("not in time: %s", what))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func config() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.V2_1_0_0
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Return.Successes = true
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	// Else it commits in a version that Kafka 4 no longer serves.
	c.Consumer.Offsets.Retention = time.Hour
	c.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	c.Consumer.MaxWaitTime = 100 * time.Millisecond
	return c
}

func produce(brokers []string, topic string, from, to int, value func(int) string, codec sarama.CompressionCodec) {
	c := config()
	c.Producer.Compression = codec
	producer, err := sarama.NewSyncProducer(brokers, c)
	check(err)
	var messages []*sarama.ProducerMessage
	for i := from; i < to; i++ {
		messages = append(messages, &sarama.ProducerMessage{
			Topic: topic, Key: sarama.StringEncoder(fmt.Sprintf("k-%d", i)), Value: sarama.StringEncoder(value(i))})
	}
	if err := producer.SendMessages(messages); err != nil {
		if several, ok := err.(sarama.ProducerErrors); ok {
			err = several[0].Err
		}
		check(err)
	}
	check(producer.Close())
}

func plain(i int) string { return fmt.Sprintf("v-%d", i) }

func create(brokers []string, topic string, partitions int) {
	admin, err := sarama.NewClusterAdmin(brokers, config())
	check(err)
	retention := "3600000"
	check(admin.CreateTopic(topic, &sarama.TopicDetail{
		NumPartitions: int32(partitions), ReplicationFactor: 1, ConfigEntries: map[string]*string{"retention.ms": &retention}}, false))
	// This version describes configs in version 0, which Kafka 4 no longer serves.
	client, err := sarama.NewClient(brokers, config())
	check(err)
	topics, err := client.Topics()
	check(err)
	found, err := client.Partitions(topic)
	check(err)
	say(map[string]interface{}{"topics": topics, "partitions": len(found)})
}

func roundtrip(brokers []string, topic, codec string, count int) {
	if codec == "zstd" {
		say(map[string]interface{}{"unsupported": "this sarama sends zstd in a version of Produce that has no zstd"})
		return
	}
	codecs := map[string]sarama.CompressionCodec{
		"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4}
	value := func(i int) string { return fmt.Sprintf("v-%s-%d-%s", codec, i, strings.Repeat("x", i%300)) }
	produce(brokers, topic, 0, count, value, codecs[codec])
	consumer, err := sarama.NewConsumer(brokers, config())
	check(err)
	partitions, err := consumer.Partitions(topic)
	check(err)
	messages := make(chan *sarama.ConsumerMessage)
	for _, p := range partitions {
		partition, err := consumer.ConsumePartition(topic, p, sarama.OffsetOldest)
		check(err)
		go func() {
			for m := range partition.Messages() {
				messages <- m
			}
		}()
	}
	for seen := 0; seen < count; seen++ {
		select {
		case m := <-messages:
			say(map[string]interface{}{"p": m.Partition, "o": m.Offset, "k": string(m.Key), "v": string(m.Value)})
		case <-time.After(deadline):
			check(fmt.Errorf("only %d of %d records", seen, count))
		}
	}
}

type values struct {
	sync.Mutex
	list []string
}

// add takes a value unless there are enough.
func (v *values) add(value string, most int) bool {
	v.Lock()
	defer v.Unlock()
	if most > 0 && len(v.list) >= most {
		return false
	}
	v.list = append(v.list, value)
	return true
}

func (v *values) distinct() int {
	v.Lock()
	defer v.Unlock()
	set := map[string]bool{}
	for _, value := range v.list {
		set[value] = true
	}
	return len(set)
}

type member struct {
	sync.Mutex
	topic    string
	owned    []int32
	seen     *values
	most     int
	group    sarama.ConsumerGroup
	cancel   context.CancelFunc
	finished chan struct{}
}

func (m *member) Setup(s sarama.ConsumerGroupSession) error {
	m.set(s.Claims()[m.topic])
	return nil
}

func (m *member) Cleanup(sarama.ConsumerGroupSession) error {
	m.set(nil)
	return nil
}

func (m *member) ConsumeClaim(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		if m.seen.add(string(message.Value), m.most) {
			s.MarkMessage(message, "")
		}
	}
	return nil
}

func (m *member) set(owned []int32) {
	m.Lock()
	defer m.Unlock()
	m.owned = append([]int32{}, owned...)
	sort.Slice(m.owned, func(i, j int) bool { return m.owned[i] < m.owned[j] })
}

func (m *member) get() []int32 {
	m.Lock()
	defer m.Unlock()
	return m.owned
}

func join(brokers []string, topic, group string, seen *values, most int) *member {
	g, err := sarama.NewConsumerGroup(brokers, group, config())
	check(err)
	ctx, cancel := context.WithCancel(context.Background())
	m := &member{topic: topic, seen: seen, most: most, group: g, cancel: cancel, finished: make(chan struct{})}
	go func() {
		defer close(m.finished)
		for ctx.Err() == nil {
			check(g.Consume(ctx, []string{topic}, m))
		}
	}()
	return m
}

func (m *member) leave() {
	m.cancel()
	<-m.finished
	check(m.group.Close())
}

func shared(members []*member, partitions int) bool {
	var all []int
	for _, m := range members {
		owned := m.get()
		if len(owned) == 0 {
			return false
		}
		for _, p := range owned {
			all = append(all, int(p))
		}
	}
	sort.Ints(all)
	for i, p := range all {
		if i != p {
			return false
		}
	}
	return len(all) == partitions
}

func owned(members []*member) [][]int32 {
	var all [][]int32
	for _, m := range members {
		all = append(all, m.get())
	}
	return all
}

func group(brokers []string, topic, id string, count int) {
	client, err := sarama.NewClient(brokers, config())
	check(err)
	partitions, err := client.Partitions(topic)
	check(err)
	seen := &values{}
	var members []*member
	for i := 0; i < 3; i++ {
		members = append(members, join(brokers, topic, id, seen, 0))
	}
	until("three share", func() bool { return shared(members, len(partitions)) })
	three := owned(members)
	produce(brokers, topic, 0, count, plain, sarama.CompressionNone)
	until("all consumed by three", func() bool { return seen.distinct() == count })
	members[2].leave()
	members = members[:2]
	until("two share", func() bool { return shared(members, len(partitions)) })
	two := owned(members)
	produce(brokers, topic, count, 2*count, plain, sarama.CompressionNone)
	until("all consumed by two", func() bool { return seen.distinct() == 2*count })
	for _, m := range members {
		m.leave()
	}
	say(map[string]interface{}{"three": three, "two": two, "values": seen.list})
}

func take(brokers []string, topic, id string, count int) []string {
	seen := &values{}
	m := join(brokers, topic, id, seen, count)
	until("consumed", func() bool { return seen.distinct() == count })
	m.leave()
	return seen.list
}

func resume(brokers []string, topic, id string, count int) {
	produce(brokers, topic, 0, count, plain, sarama.CompressionNone)
	first := take(brokers, topic, id, count/2)
	say(map[string]interface{}{"first": first, "second": take(brokers, topic, id, count-count/2)})
}

func describe(brokers []string, topic, id string) {
	m := join(brokers, topic, id, &values{}, 0)
	until("joined", func() bool { return len(m.get()) > 0 })
	admin, err := sarama.NewClusterAdmin(brokers, config())
	check(err)
	listed, err := admin.ListConsumerGroups()
	check(err)
	var groups []string
	for g := range listed {
		groups = append(groups, g)
	}
	found, err := admin.DescribeConsumerGroups([]string{id})
	check(err)
	say(map[string]interface{}{"groups": groups, "state": found[0].State, "members": len(found[0].Members)})
	m.leave()
}

func main() {
	brokers, topic, more := strings.Split(os.Args[2], ","), os.Args[3], os.Args[4:]
	number := func(i int) int {
		n, err := strconv.Atoi(more[i])
		check(err)
		return n
	}
	switch os.Args[1] {
	case "create":
		create(brokers, topic, number(0))
	case "roundtrip":
		roundtrip(brokers, topic, more[0], number(1))
	case "group":
		group(brokers, topic, more[0], number(1))
	case "resume":
		resume(brokers, topic, more[0], number(1))
	case "describe":
		describe(brokers, topic, more[0])
	}
}
