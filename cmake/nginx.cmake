# The nginx module, where the headers of an nginx are: package nginx-dev of Debian 12 and 13, which
# has no sources and needs none.  A module fits that very version of nginx, built as Debian's.
set(MCPASS_NGINX_SOURCE /usr/share/nginx/src CACHE PATH "Where nginx-dev, or nginx's source, is")
option(MCPASS_NGINX "Build the nginx module where nginx-dev is installed" ON)
if(NOT MCPASS_NGINX OR NOT EXISTS ${MCPASS_NGINX_SOURCE}/configure)
  return()
endif()

# nginx's own configure writes ngx_auto_config.h: that takes some seconds, once for each nginx.  What
# it was built for stands beside it once all is written: one that was cut short, or of the nginx
# before an upgrade, is made anew.
set(headers ${PROJECT_BINARY_DIR}/nginx)
file(SHA256 ${MCPASS_NGINX_SOURCE}/src/core/nginx.h nginx_wanted)
if(EXISTS ${MCPASS_NGINX_SOURCE}/conf_flags)
  file(SHA256 ${MCPASS_NGINX_SOURCE}/conf_flags nginx_flags)
  string(APPEND nginx_wanted " ${nginx_flags}")
endif()
set(nginx_configured)
if(EXISTS ${headers}/configured_for)
  file(READ ${headers}/configured_for nginx_configured)
endif()
if(NOT nginx_configured STREQUAL nginx_wanted)
  message(STATUS "nginx: asking its configure what it was built with")
  file(REMOVE_RECURSE ${headers})
  execute_process(COMMAND bash -c
      "if [ -e conf_flags ]; then . ./conf_flags; fi; ./configure \"\${NGX_CONF_FLAGS[@]}\" --with-compat --builddir=${headers}"
      WORKING_DIRECTORY ${MCPASS_NGINX_SOURCE} RESULT_VARIABLE failed
      OUTPUT_FILE ${PROJECT_BINARY_DIR}/nginx.log ERROR_FILE ${PROJECT_BINARY_DIR}/nginx.log)
  if(failed)
    message(WARNING "nginx: its configure failed, so the module is left out: see nginx.log")
    return()
  endif()
  file(WRITE ${headers}/configured_for "${nginx_wanted}")
endif()

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/nginx/*.c)
add_library(ngx_http_mcpass_module MODULE ${sources})
set_target_properties(ngx_http_mcpass_module PROPERTIES PREFIX "")
set(nginx_include ${headers})
foreach(folder core event event/modules event/quic os/unix http http/modules http/v2 http/v3)
  list(APPEND nginx_include ${MCPASS_NGINX_SOURCE}/src/${folder})
endforeach()
target_include_directories(ngx_http_mcpass_module SYSTEM PRIVATE ${nginx_include})
target_link_libraries(ngx_http_mcpass_module PRIVATE mp_serve)
install(TARGETS ngx_http_mcpass_module LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/nginx/modules)
