/* floor: a bare libmicrohttpd server that answers everything alike, to measure ours by.  Prints
 * its port. */
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *bytes, size_t *len, void **slot)
{
	static char text[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\","
	    "\"text\":\"hello\"}],\"isError\":false,\"resultType\":\"complete\"}}";
	struct MHD_Response *response;
	enum MHD_Result result;
	static int seen;

	(void)ctx;
	(void)url;
	(void)method;
	(void)version;
	(void)bytes;
	if (*slot == NULL || *len > 0) {        /* the head, and pieces of the body */
		*slot = &seen;
		*len = 0;
		return MHD_YES;
	}
	response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(response, "Content-Type", "application/json");
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

int main(void)
{
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL,
	    answer, NULL, MHD_OPTION_CONNECTION_LIMIT, 2000u, MHD_OPTION_END);

	if (daemon == NULL)
		return 1;
	printf("%u\n", (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	pause();
	return 0;
}
