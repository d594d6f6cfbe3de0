# Everything starts here. On a fresh Debian 12 with git, make and apt: `make run`, `make test`.
# Options for the server: make run ARGS='--listen 127.0.0.1:9000'

DATA ?= data
ARGS ?=
RELEASE = --buildtype=release -Db_lto=true -Dtests=false

help:
	@echo 'make run     build, then serve in dev mode on http://127.0.0.1:8080, data in ./$(DATA)'
	@echo 'make build   the release binary, build/keywright'
	@echo 'make test    everything: checks, unit tests, black-box tests, sanitizers, short fuzzing'
	@echo 'make lint    the checks alone'
	@echo 'make deb     a Debian package, build/keywright_<version>_<architecture>.deb'
	@echo 'make bench   measure, and compare with a plain evhttp server'
	@echo 'make pages   take the pictures of the hosted pages, docs/pages/'
	@echo 'make clean   remove what was built (not ./$(DATA))'

run: build
	@tools/install run
	@exec build/keywright serve --dev --data $(DATA) $(ARGS)

build:
	@tools/install build
	@[ -f build/build.ninja ] || { said=$$(CC=gcc meson setup build $(RELEASE)) || { echo "$$said"; exit 1; }; }
	@ninja --quiet -C build

test:
	@tools/install test
	@tools/test

lint:
	@tools/install lint
	@tools/lint

deb:
	@tools/install deb
	@tools/deb

bench: build
	@tools/install bench
	@bench/run

pages: build
	@tools/install pages
	@tools/pages

clean:
	rm -rf build build-*

.PHONY: help run build test lint deb bench pages clean
