# The nginx module, where the headers of an nginx are: package nginx-dev of Debian 12 and 13, which
# has no sources and needs none.  A module fits that very version of nginx, built as Debian's.
set(MCPASS_NGINX_SOURCE /usr/share/nginx/src CACHE PATH "Where nginx-dev, or nginx's source, is")
option(MCPASS_NGINX "Build the nginx module where nginx-dev is installed" ON)
if(NOT MCPASS_NGINX OR NOT EXISTS ${MCPASS_NGINX_SOURCE}/configure)
  return()
endif()

# nginx's own configure writes ngx_auto_config.h: that takes some seconds, once.
set(headers ${PROJECT_BINARY_DIR}/nginx)
if(NOT EXISTS ${headers}/ngx_auto_config.h)
  message(STATUS "nginx: asking its configure what it was built with")
  execute_process(COMMAND bash -c
      "if [ -e conf_flags ]; then . ./conf_flags; fi; ./configure \"\${NGX_CONF_FLAGS[@]}\" --with-compat --builddir=${headers}"
      WORKING_DIRECTORY ${MCPASS_NGINX_SOURCE} RESULT_VARIABLE failed
      OUTPUT_FILE ${PROJECT_BINARY_DIR}/nginx.log ERROR_FILE ${PROJECT_BINARY_DIR}/nginx.log)
  if(failed)
    message(WARNING "nginx: its configure failed, so the module is left out: see nginx.log")
    return()
  endif()
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
