# The program.  Everything but main() is a library, so that tests reach it.
file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cli/*.c)
list(FILTER sources EXCLUDE REGEX "/main\\.c$")
add_library(mp_cli STATIC ${sources})
target_link_libraries(mp_cli PUBLIC mp_serve mp_bridge)
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/cli/show/version.c PROPERTIES
    COMPILE_DEFINITIONS "MCPASS_COMMIT=\"${MCPASS_COMMIT}\";$<$<BOOL:${MCPASS_STATIC}>:MCPASS_STATIC>")

add_executable(mcpass ${PROJECT_SOURCE_DIR}/src/cli/main.c)
target_link_libraries(mcpass PRIVATE mp_cli)
if(MCPASS_STATIC)
  target_link_options(mcpass PRIVATE -static -pie -s)
endif()
install(TARGETS mcpass RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/man/*.1)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/man/*.7)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)

# The completions are printed by the program from its own option tables.
if(NOT CMAKE_CROSSCOMPILING)
  set(completions ${PROJECT_BINARY_DIR}/completions)
  file(MAKE_DIRECTORY ${completions})
  foreach(pair bash:mcpass zsh:_mcpass fish:mcpass.fish)
    string(REPLACE ":" ";" pair ${pair})
    list(GET pair 0 shell)
    list(GET pair 1 file)
    add_custom_command(OUTPUT ${completions}/${file}
        COMMAND mcpass completion ${shell} > ${completions}/${file}
        DEPENDS mcpass VERBATIM)
    list(APPEND completion_files ${completions}/${file})
  endforeach()
  add_custom_target(mcpass_completions ALL DEPENDS ${completion_files})
  install(FILES ${completions}/mcpass
      DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${completions}/_mcpass DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${completions}/mcpass.fish
      DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
