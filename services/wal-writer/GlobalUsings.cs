global using Spillway.Kafka.Errors;
