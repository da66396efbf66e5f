# The library that is installed: everything but the issuer, the echo server, the HTTP server
# and the program.  pkg-config and find_package(mcpass) both know it.
set(library_rooms base wire oauth mcp flow session guard)
list(TRANSFORM library_rooms REPLACE "(.+)" "$<TARGET_OBJECTS:mp_\\1>" OUTPUT_VARIABLE library_objects)

# The link, and of the io floor what it needs: not the servers' side.
file(GLOB_RECURSE login_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/io/*.c
    ${PROJECT_SOURCE_DIR}/src/link/*.c)
list(FILTER login_sources EXCLUDE REGEX "/(issuer_store|sqlite_issuer|pg_issuer|transfer|line_writer)\\.c$")
add_library(mp_login OBJECT ${login_sources})
target_link_libraries(mp_login PRIVATE mp_flags PkgConfig::JANSSON PkgConfig::CRYPTO
    PkgConfig::CURL PkgConfig::SQLITE Threads::Threads ${CMAKE_DL_LIBS})

# Both kinds give programs the names of the headers, mcpass_*, and no other: inside, ours are
# short, and other libraries have the same ones (libtommath has mp_clear).  For the archive all
# objects become one, whose hidden names are then its own.
add_library(mcpass_shared SHARED ${library_objects} $<TARGET_OBJECTS:mp_login>)
target_link_libraries(mcpass_shared PRIVATE PkgConfig::JANSSON PkgConfig::CRYPTO
    PkgConfig::CURL PkgConfig::SQLITE Threads::Threads ${CMAKE_DL_LIBS})
target_link_options(mcpass_shared PRIVATE -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--no-undefined)
# A program built against an older header runs with a newer library of the same SOVERSION;
# the CMake package says the same (SameMajorVersion).
set_target_properties(mcpass_shared PROPERTIES VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR})
if(MCPASS_SANITIZE)
  target_link_options(mcpass_shared PRIVATE -fsanitize=${MCPASS_SANITIZE})
endif()

set(one ${PROJECT_BINARY_DIR}/mcpass.o)
separate_arguments(compile_flags NATIVE_COMMAND "${CMAKE_C_FLAGS}")
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND compile_flags -flinker-output=nolto-rel)
endif()
add_custom_command(OUTPUT ${one}
    COMMAND ${CMAKE_C_COMPILER} ${compile_flags} -r -nostdlib -o ${one}
        ${library_objects} $<TARGET_OBJECTS:mp_login>
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${one}
    DEPENDS ${library_objects} $<TARGET_OBJECTS:mp_login>
    COMMAND_EXPAND_LISTS VERBATIM)
add_library(mcpass_static STATIC ${one})
set_target_properties(mcpass_static PROPERTIES LINKER_LANGUAGE C)
target_link_libraries(mcpass_static INTERFACE $<BUILD_INTERFACE:PkgConfig::JANSSON>
    $<BUILD_INTERFACE:PkgConfig::CRYPTO> $<BUILD_INTERFACE:PkgConfig::CURL>
    $<BUILD_INTERFACE:PkgConfig::SQLITE> Threads::Threads ${CMAKE_DL_LIBS})

foreach(target mcpass_shared mcpass_static)
  target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME mcpass)
  add_library(mcpass::${target} ALIAS ${target})
endforeach()
add_library(mcpass::mcpass ALIAS mcpass_shared)

install(TARGETS mcpass_shared mcpass_static EXPORT mcpass
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/mcpass DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT mcpass NAMESPACE mcpass:: FILE mcpass-targets.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mcpass)
# The prefix is known at install time, so the file finds it from its own place.
file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" PC_PREFIX "${up}")
configure_file(${PROJECT_SOURCE_DIR}/cmake/mcpass.pc.in mcpass.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mcpass.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Pages of section 3 are made from the headers.
set(man3 ${PROJECT_BINARY_DIR}/man3)
file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/mcpass/*.h)
add_custom_command(OUTPUT ${man3}.stamp
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${man3}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${man3}
    COMMAND awk -v folder=${man3} -v version=${PROJECT_VERSION}
        -f ${PROJECT_SOURCE_DIR}/cmake/man3.awk ${headers}
    COMMAND ${CMAKE_COMMAND} -E touch ${man3}.stamp
    DEPENDS ${headers} ${PROJECT_SOURCE_DIR}/cmake/man3.awk VERBATIM)
add_custom_target(mcpass_man3 ALL DEPENDS ${man3}.stamp)
install(DIRECTORY ${man3} DESTINATION ${CMAKE_INSTALL_MANDIR})

include(CMakePackageConfigHelpers)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/mcpass-config.cmake.in mcpass-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mcpass)
write_basic_package_version_file(mcpass-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mcpass-config.cmake ${PROJECT_BINARY_DIR}/mcpass-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mcpass)
