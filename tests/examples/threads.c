/* Four threads log in at once, each by itself; the program's signals stay as they are. */
#include <mcpass/login.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#define THREADS 4

static void *log_in(void *url)
{
	struct mcpass_client_config cfg = { .size = sizeof(cfg), .flags = MCPASS_LOOPBACK_HTTP,
		.server_url = url };
	struct mcpass_token *token = NULL;
	struct mcpass_error err;

	if (mcpass_login(&cfg, &token, &err) != MCPASS_OK)
		fprintf(stderr, "%s\n", err.detail);
	else
		puts(token != NULL ? token->scope : "no token");
	mcpass_token_free(token);
	return NULL;
}

static int is_default(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_DFL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, log_in, argv[argc - 1]) != 0)
			return 2;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return is_default(SIGPIPE) && is_default(SIGCHLD) ? 0 : 1;
}
