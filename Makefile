# The verbs of every day.
.PHONY: docs build test lint format bench run up down up-local down-local e2e soak soak-metadata soak-leader soak-store soak-life soak-e2e soak-raft ci

build:
	dotnet build Spillway.slnx -c Release -v:q -nologo

test:
	dotnet test

# The compiler has the analyzers and the style as errors; the tidy tests have the rest.
lint:
	dotnet build Spillway.slnx -c Release -v:q -nologo
	dotnet test tests/Spillway.Tidy.Tests -c Release -v:q

format:
	dotnet format Spillway.slnx --no-restore

bench:
	dotnet run -c Release --project bench/Spillway.Benchmarks -- --filter '*'

# Everything in one process on ./data: Kafka on 127.0.0.1:9092.
run:
	dotnet run -c Release --project services/standalone

# The whole platform in containers.
up:
	docker compose up -d --build

down:
	docker compose down

# The five services as processes of this machine, in two zones.
up-local:
	tools/local/up

down-local:
	tools/local/down

e2e:
	dotnet test tests/Spillway.EndToEnd.Tests -c Release

# A cluster of processes under faults for 20 minutes, its history checked: SPILLWAY_CHAOS_SECONDS=60 SPILLWAY_CHAOS_SEED=7 make soak
soak:
	dotnet build tests/Spillway.Chaos -c Release -v:q -nologo
	dotnet artifacts/bin/Spillway.Chaos/release/Spillway.Chaos.dll soak \
	  --seconds $${SPILLWAY_CHAOS_SECONDS:-1200} $${SPILLWAY_CHAOS_SEED:+--seed $$SPILLWAY_CHAOS_SEED} $${SPILLWAY_CHAOS_TXN:+--txn $$SPILLWAY_CHAOS_TXN}

# One scenario of the chaos tests many times over, on one cluster: SPILLWAY_CHAOS_ROUNDS=5 make soak-leader
scenario = dotnet build tests/Spillway.Chaos.Tests -c Release -v:q -nologo && SPILLWAY_CHAOS_ROUNDS=$${SPILLWAY_CHAOS_ROUNDS:-$(1)} SPILLWAY_TEST_QUIET=1 \
  dotnet artifacts/bin/Spillway.Chaos.Tests/release/Spillway.Chaos.Tests.dll -showLiveOutput -failSkips -method '*.$(2)'

# All metadata nodes killed at once, under load.
soak-metadata:
	$(call scenario,50,Killing_all_metadata_nodes_at_once_again_and_again_loses_nothing)

# The metadata leader killed under load: how long librdkafka and kafkajs stand still.
soak-leader:
	$(call scenario,10,A_killed_leader_holds_produce_up_for_seconds_and_ends_no_client)

# The object store slow and away, behind a proxy; needs SPILLWAY_TEST_S3_ENDPOINT, _BUCKET, _ACCESS_KEY and _SECRET_KEY.
soak-store:
	$(call scenario,10,A_store_that_is_slow_or_away_fails_no_send_and_is_caught_up_with)

# The whole life of 10 GiB, with the settings of production: produced, drained, merged, read, expired, deleted; requests per GiB printed.
soak-life:
	dotnet build tests/Spillway.EndToEnd.Tests -c Release -v:q -nologo
	SPILLWAY_LIFE_MIB=$${SPILLWAY_LIFE_MIB:-10240} dotnet artifacts/bin/Spillway.EndToEnd.Tests/release/Spillway.EndToEnd.Tests.dll \
	  -showLiveOutput -method '*.What_is_produced_is_drained_read_expired_and_gone'

# The end-to-end tests again and again: SOAK_ROUNDS=100 make soak-e2e
soak-e2e:
	for round in $$(seq $${SOAK_ROUNDS:-10}); do echo "round $$round"; dotnet test tests/Spillway.EndToEnd.Tests -c Release -v:q || exit 1; done

# Thousands of seeds of the Raft simulation, on all cores: SEEDS=1..10000 make soak-raft
soak-raft:
	dotnet build tests/Spillway.Raft.Tests -c Release -v:q -nologo
	SPILLWAY_RAFT_SEEDS=$${SEEDS:-1..10000} nice -n 10 dotnet artifacts/bin/Spillway.Raft.Tests/release/Spillway.Raft.Tests.dll \
	  -method '*.Whatever_fails_a_cluster_keeps_its_promises' -showLiveOutput

ci:
	.ci/run

# Writes the pages that come from the code.
docs:
	SPILLWAY_WRITE_DOCS=1 dotnet test tests/Spillway.Standalone.Tests -c Release -v:q --filter "ConfigurationReferenceTests|KafkaApiReferenceTests"
