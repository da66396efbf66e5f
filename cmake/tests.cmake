# Unit tests: tests/unit/ROOM/test_*.c sees ROOM and what lies below it.  Pair tests see
# the whole core.  Each program prints its rows that failed and a line "N passed, N failed".
add_library(mp_harness STATIC ${PROJECT_SOURCE_DIR}/tests/harness/check.c
    ${PROJECT_SOURCE_DIR}/tests/harness/alloc.c)
target_include_directories(mp_harness PUBLIC ${PROJECT_SOURCE_DIR}/tests)
# It stands in for malloc() and time() by --wrap, which link-time optimisation does not see.
target_compile_options(mp_harness PRIVATE -fno-lto)
target_compile_definitions(mp_harness PUBLIC
    MP_VECTORS="${PROJECT_SOURCE_DIR}/tests/vectors")
target_link_libraries(mp_harness PUBLIC mp_flags PkgConfig::JANSSON)
foreach(fn malloc calloc realloc free strdup strndup time)
  target_link_options(mp_harness PUBLIC -Wl,--wrap=${fn})
endforeach()

# The issuer's store in memory, for tests that have an issuer.
add_library(mp_memstore STATIC ${PROJECT_SOURCE_DIR}/tests/harness/memstore.c)
target_include_directories(mp_memstore PUBLIC ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(mp_memstore PUBLIC mp_issuer)

function(mp_test name source)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${ARGN} mp_harness)
  if(name STREQUAL "pair_memory")       # the longest by far: in halves, side by side
    add_test(NAME pair_even_memory COMMAND ${name} 0 2)
    add_test(NAME pair_odd_memory COMMAND ${name} 1 2)
    set_tests_properties(pair_even_memory pair_odd_memory PROPERTIES TIMEOUT 900 COST 100)
  else()
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 900)
    if(name MATCHES "_memory$")         # the next longest
      set_tests_properties(${name} PROPERTIES COST 50)
    endif()
  endif()
endfunction()

foreach(room base wire oauth mcp flow session bridge guard issuer echo io link ui serve cli)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/unit/${room}/test_*.c)
  foreach(source ${sources})
    get_filename_component(stem ${source} NAME_WE)
    string(REPLACE "test_" "unit_${room}_" name ${stem})
    mp_test(${name} ${source} mp_${room})
    if(room STREQUAL "bridge")
      target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/unit/bridge/script.c)
    endif()
    if(room STREQUAL "issuer")
      target_link_libraries(${name} PRIVATE mp_memstore)
    elseif(room MATCHES "^(io|link)$")      # a client's tests have a server of ours
      target_link_libraries(${name} PRIVATE mp_serve)
    endif()
  endforeach()
endforeach()

# A TLS server to be distrusted.
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl>=3.0)
target_link_libraries(unit_io_http_trust PRIVATE PkgConfig::SSL)

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/pair/test_*.c)
foreach(source ${sources})
  get_filename_component(stem ${source} NAME_WE)
  string(REPLACE "test_" "pair_" name ${stem})
  file(GLOB helpers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/pair/pair_*.c)
  mp_test(${name} "${source};${helpers}" mp_flow mp_session mp_bridge mp_guard mp_issuer mp_echo mp_serve
      mp_memstore)
endforeach()

# Fuzz targets: with libFuzzer they search; without it they replay their corpus.
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
foreach(source ${sources})
  get_filename_component(name ${source} NAME_WE)
  string(REPLACE "fuzz_" "" stem ${name})
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE mp_flow mp_session mp_bridge mp_guard mp_issuer mp_echo mp_serve
      mp_memstore)
  if(MCPASS_FUZZ)
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.c)
    add_test(NAME ${name} COMMAND ${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${stem})
  endif()
endforeach()

target_link_libraries(fuzz_serve PRIVATE mp_cli)
target_link_libraries(fuzz_gate PRIVATE mp_serve)

# make bench builds these; nothing else does.
add_executable(bench_pair EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/pair.c)
target_link_libraries(bench_pair PRIVATE mp_flags)
add_executable(bench_guard EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/guard.c)
target_link_libraries(bench_guard PRIVATE mp_guard)
add_executable(bench_stdio EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/stdio.c)
target_link_libraries(bench_stdio PRIVATE mp_flags Threads::Threads)
target_compile_definitions(bench_stdio PRIVATE _GNU_SOURCE)
add_executable(bench_server EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/server.c)
target_link_libraries(bench_server PRIVATE mp_flags)
pkg_check_modules(MHD QUIET IMPORTED_TARGET libmicrohttpd)
if(MHD_FOUND)   # only to measure by
  add_executable(bench_floor EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/floor.c)
  target_link_libraries(bench_floor PRIVATE mp_flags PkgConfig::MHD)
endif()
add_executable(bench_tokens EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/tokens.c)
target_link_libraries(bench_tokens PRIVATE mp_wire)

# Loaded into the program by rows of tests/e2e that hold its clock (lib.py, Clock).
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  add_library(e2e_clock MODULE ${PROJECT_SOURCE_DIR}/tests/e2e/clock.c)
  target_compile_options(e2e_clock PRIVATE -fno-sanitize=all)
  target_link_options(e2e_clock PRIVATE -fno-sanitize=all)
endif()
