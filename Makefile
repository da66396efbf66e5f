# Short on purpose: what is built, and how, stands in CMakeLists.txt.
BUILD ?= build
PREFIX ?= /usr/local
CMAKE_FLAGS ?=
# What an earlier build was made without may be there by now.
LOOK_AGAIN = [ ! -e $(BUILD)/build.ninja ] || cmake -S . -B $(BUILD) >$(BUILD).log
# The checkout stays as it is.
export PYTHONDONTWRITEBYTECODE = 1

.PHONY: all installed demo check lint mutants conformance soak interop install uninstall bench fuzz release release-check clean need

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

# What is installed, without the tests.
installed: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet mcpass_installed

$(BUILD)/build.ninja: CMakeLists.txt cmake/*.cmake
	@sh scripts/need.sh build
	@cmake -S . -B $(BUILD) -G Ninja -DCMAKE_INSTALL_PREFIX=$(PREFIX) $(CMAKE_FLAGS) >$(BUILD).log 2>&1 \
		|| { cat $(BUILD).log; exit 1; }

# The main job on the embedded default; AUTO=1 walks the pages by itself.  GATEWAY=1: docs/gateway.md on
# loopback, with KEYCLOAK=1 in front of a real Keycloak.
demo: installed
ifdef GATEWAY
	@sh scripts/need.sh build gateway $(if $(KEYCLOAK),interop)
	@{ cmake -S . -B $(BUILD) && ninja -C $(BUILD) mcpass ngx_http_mcpass_module.so; } >$(BUILD).log 2>&1 \
		|| { cat $(BUILD).log; exit 1; }
	@python3 -B examples/gateway/demo.py $(BUILD)/mcpass $(BUILD)/ngx_http_mcpass_module.so $(if $(KEYCLOAK),--keycloak)
else
	@$(BUILD)/mcpass demo $(if $(AUTO),--auto)
endif

# Every test there is; the last line counts them.
check:
	@sh scripts/need.sh build check examples fuzz
	@sh tests/run.sh

lint:
	@sh scripts/need.sh build check
	@sh tests/lint/run.sh

# Takes each security check out, one at a time, and expects a test to notice.
mutants:
	@sh scripts/need.sh build check
	@python3 tests/mutants/run.py $(ONLY)

# The official referee of MCP, all that applies; the last line counts.
conformance:
	@sh scripts/need.sh build conformance
	@$(LOOK_AGAIN)
	@$(MAKE) --no-print-directory all
	@sh tests/conformance/run.sh $(BUILD)/mcpass

# The bridge, for 100,000 messages (COUNT=n) through all that may go wrong; the last line counts.
soak: all
	@python3 tests/soak/soak.py $(BUILD)/mcpass $(or $(COUNT),100000)
	@[ ! -e $(BUILD)/ngx_http_mcpass_module.so ] || python3 tests/nginx/soak.py $(BUILD)/ngx_http_mcpass_module.so \
		$(BUILD)/mcpass $(or $(SECONDS),600)

# Real identity providers, servers and clients of others; the last line counts.
interop:
	@sh scripts/need.sh build interop
	@$(LOOK_AGAIN)
	@$(MAKE) --no-print-directory all
	@sh tests/interop/run.sh $(BUILD)/mcpass $(PARTS)

# The loader's cache is made anew where that is ours to do.
install: installed
	@cmake --install $(BUILD) --prefix $(PREFIX) >/dev/null
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" -eq 0 ]; then ldconfig; fi
	@echo "installed below $(DESTDIR)$(PREFIX)"

# Takes away what the last install put there.
uninstall:
	@xargs -r -d '\n' rm -f -- <$(BUILD)/install_manifest.txt
	@echo "removed: $$(wc -l <$(BUILD)/install_manifest.txt) files"

bench:
	@sh scripts/need.sh build bench
	@sh bench/run.sh

# SECONDS=60 for each target.
fuzz:
	@sh scripts/need.sh build fuzz
	@sh tests/fuzz/run.sh $(or $(SECONDS),60)

# Static programs and packages into dist/; ARCH="x86_64 aarch64" unless said otherwise.
release:
	@sh scripts/need.sh build release
	@sh release/make.sh $(ARCH)

# Each file of dist/ installed and run; TWICE=1 builds it all again and compares.
release-check:
	@sh scripts/need.sh build release-check
	@sh tests/release/run.sh

clean:
	rm -rf build build-*
