# Attacks, the long form of `make attack` and the short one in `make check`;
# included by GNUmakefile.

ATTACK_PACKAGES = llvm valgrind sqlmap wapiti ffuf nmap slowhttptest testssl.sh \
	openssl

# --- t/fuzz: each .c an entry for libFuzzer, lib/ what they share ---

FUZZ = build/fuzz
FUZZ_ENTRIES = $(patsubst t/fuzz/%.c,$(FUZZ)/%,$(wildcard t/fuzz/*.c))

FUZZ_CFLAGS = -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
	-fsanitize=address,undefined,fuzzer-no-link $(FUZZ_COVERAGE)
FUZZ_COMPILE = clang -std=c11 -D_DEFAULT_SOURCE $(WARNINGS) $(FUZZ_CFLAGS) \
	-isystem /usr/include/postgresql -Ilib -I$(BUILD) -MMD -MP
# t/fuzz/lib has these two with something of its own, and db.h's functions
FUZZ_LIBRARY = $(patsubst %.c,$(FUZZ)/%.o,$(wildcard t/fuzz/lib/*.c) \
	$(filter-out $(addprefix lib/,standins.c heap.c db.c mem.c reply.c sandbox.c), \
	$(wildcard lib/*.c)) t/attack/no_sandbox.c \
	simulator/scenario.c simulator/resize.c)
FUZZ_ROUTES = $(patsubst %.c,$(FUZZ)/%.o,$(wildcard cgi-bin/*/*.c))

# what is fuzzed meets the harness at its edges; a route is a function of its own
SEAMS = -include t/fuzz/lib/seams.h
$(FUZZ)/lib/%.o $(FUZZ)/simulator/%.o $(FUZZ)/t/fuzz/lib/mem.o \
	$(FUZZ)/t/fuzz/lib/reply.o $(FUZZ)/t/attack/%.o: FUZZ_COMPILE += $(SEAMS)
$(FUZZ)/cgi-bin/%.o: FUZZ_COMPILE += $(SEAMS) -Wno-missing-prototypes \
	-Dmain=main_$(subst /,_,$(<:cgi-bin/%.c=%))
$(FUZZ)/t/fuzz/%.o: FUZZ_COMPILE += -Isimulator
# the programs that request.c does not name
FUZZ_NEW = $(filter-out $(shell grep -o 'X([a-z_]*)' t/fuzz/request.c), \
	$(patsubst %,X(%),$(subst /,_,$(FUZZ_ROUTES:$(FUZZ)/cgi-bin/%.o=%))))
$(FUZZ)/t/fuzz/request.o: FUZZ_COMPILE += '-DNEW_ROUTES(X)=$(FUZZ_NEW)'
$(FUZZ)/t/fuzz/request.o: cgi-bin/routes

$(FUZZ)/lib/page.o: $(BUILD)/assets.h
$(FUZZ)/lib/unicode.o: $(BUILD)/unicode-runs.h
$(FUZZ)/lib/users.o: $(BUILD)/reserved-names.h

$(FUZZ)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,FUZZ)$(FUZZ_COMPILE) -c -o $@ $<

$(FUZZ)/request: $(FUZZ_ROUTES)

$(FUZZ)/%: $(FUZZ)/t/fuzz/%.o $(FUZZ_LIBRARY)
	$(call say,LINK)clang $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ -lcrypto \
		-lcrypt -lunistring

fuzz: $(FUZZ_ENTRIES)

# --- programs without a sandbox: for valgrind, and those whose allocations fail ---

OPEN = $(patsubst %.c,$(BUILD)/t/attack/open/%,$(wildcard cgi-bin/*/*.c))
FAILING = $(patsubst %.c,$(BUILD)/t/attack/failing/%,$(wildcard cgi-bin/*/*.c))

$(FAILING): $(BUILD)/t/attack/failing_malloc.o
$(OPEN): $(BUILD)/t/attack/open/%: $(BUILD)/%.o
$(FAILING): $(BUILD)/t/attack/failing/%: $(BUILD)/%.o
$(OPEN) $(FAILING): $(BUILD)/t/attack/no_sandbox.o $(BUILD)/libminitwit.a
	@mkdir -p $(@D)
	$(call say,LINK)$(LINKER_shared) $(CFLAGS) $(LDFLAGS) -o $@ \
		$(filter %.o,$^) $(filter %.a,$^) $(LIBS_shared)

# valgrind has a heap of its own.
OPEN_UNIT = $(patsubst t/unit/%.c,$(BUILD)/t/attack/unit/%, \
	$(filter-out %/heap.c %/sandbox.c,$(wildcard t/unit/*.c)))
$(OPEN_UNIT): $(BUILD)/t/attack/unit/%: $(BUILD)/t/unit/%.o \
	$(BUILD)/t/attack/no_sandbox.o $(BUILD)/libminitwit.a
	@mkdir -p $(@D)
	$(call say,LINK)$(LINKER_shared) $(CFLAGS) $(LDFLAGS) -o $@ $^ \
		$(LIBS_shared) -lcmocka

# what `make check` needs of all this
check-attack: fuzz $(if $(SANITIZE),,$(FAILING))

# --- the long form ---

# PARTS='fuzz valgrind' are some of t/attack/parts/, without it all are run
FUZZ_SECONDS ?= 600
export FUZZ_SECONDS

attack: check-packages
	@bin/need-packages $(ATTACK_PACKAGES)
	@$(MAKE) --no-print-directory all $(UNIT_TESTS) $(OPEN) $(OPEN_UNIT) check-attack
	@$(MAKE) --no-print-directory fuzz FUZZ=build/fuzz-coverage \
		FUZZ_COVERAGE='-fprofile-instr-generate -fcoverage-mapping'
	@t/attack/run $(PARTS)

.PHONY: fuzz check-attack attack

-include $(FUZZ_LIBRARY:.o=.d) $(FUZZ_ROUTES:.o=.d) \
	$(patsubst %.c,$(FUZZ)/%.d,$(wildcard t/fuzz/*.c))
