# The library that is installed: everything but the issuer, the echo server, the HTTP server
# and the program.  pkg-config and find_package(mcpass) both know it.
set(library_rooms base wire oauth mcp flow session guard)
list(TRANSFORM library_rooms REPLACE "(.+)" "$<TARGET_OBJECTS:mp_\\1>" OUTPUT_VARIABLE library_objects)

# Of the io floor, what the blocking call needs: not the servers' side.
file(GLOB login_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/io/*.c)
list(FILTER login_sources EXCLUDE REGEX "/(fetcher|httpd|protected|store_issuer)[a-z_]*\\.c$")
add_library(mp_login OBJECT ${login_sources})
target_link_libraries(mp_login PRIVATE mp_flags PkgConfig::JANSSON PkgConfig::CRYPTO
    PkgConfig::CURL PkgConfig::SQLITE Threads::Threads)

foreach(kind STATIC SHARED)
  string(TOLOWER mcpass_${kind} target)
  add_library(${target} ${kind} ${library_objects} $<TARGET_OBJECTS:mp_login>)
  target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME mcpass)
endforeach()
target_link_libraries(mcpass_shared PRIVATE PkgConfig::JANSSON PkgConfig::CRYPTO
    PkgConfig::CURL PkgConfig::SQLITE Threads::Threads)
target_link_options(mcpass_shared PRIVATE -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--no-undefined)
set_target_properties(mcpass_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)
if(MCPASS_SANITIZE)
  target_link_options(mcpass_shared PRIVATE -fsanitize=${MCPASS_SANITIZE})
endif()

install(TARGETS mcpass_shared mcpass_static EXPORT mcpass
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/mcpass DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT mcpass NAMESPACE mcpass:: FILE mcpass-targets.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mcpass)
configure_file(${PROJECT_SOURCE_DIR}/cmake/mcpass.pc.in mcpass.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mcpass.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
include(CMakePackageConfigHelpers)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/mcpass-config.cmake.in mcpass-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mcpass)
write_basic_package_version_file(mcpass-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mcpass-config.cmake ${PROJECT_BINARY_DIR}/mcpass-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mcpass)
