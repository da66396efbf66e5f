/* pair: runs two commands in turn and prints medians, the ratio of each pair's times, and
 * peak memory.  usage: pair RUNS COMMAND_A COMMAND_B   (split on single spaces)
 *
 * Wall time from before fork to after wait; peak RSS as the kernel counts it for the
 * child.  This process stays small, for a child begins with its parent's peak. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_RUNS 1000
#define MOST_WORDS 64

struct run { double ms; long kib; };

static void split(char *command, char **words)
{
	size_t count = 0;

	for (char *word = strtok(command, " "); word != NULL && count < MOST_WORDS - 1; word = strtok(NULL, " "))
		words[count++] = word;
	words[count] = NULL;
}

static struct run run_once(char **words)
{
	struct timespec begun, ended;
	struct rusage usage;
	int status;
	pid_t pid;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		execvp(words[0], words);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0) {
		fprintf(stderr, "pair: %s failed\n", words[0]);
		exit(EXIT_FAILURE);
	}
	clock_gettime(CLOCK_MONOTONIC, &ended);
	return (struct run){ (double)(ended.tv_sec - begun.tv_sec) * 1e3
	    + (double)(ended.tv_nsec - begun.tv_nsec) / 1e6, usage.ru_maxrss };
}

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), ascending);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

int main(int argc, char **argv)
{
	static double a_ms[MOST_RUNS], b_ms[MOST_RUNS], ratio[MOST_RUNS];
	char *a[MOST_WORDS], *b[MOST_WORDS];
	long a_kib = 0, b_kib = 0;
	size_t runs = argc == 4 ? strtoul(argv[1], NULL, 10) : 0;

	if (runs == 0 || runs > MOST_RUNS) {
		fprintf(stderr, "usage: pair RUNS COMMAND_A COMMAND_B\n");
		return EXIT_FAILURE;
	}
	split(argv[2], a);
	split(argv[3], b);
	run_once(a);    /* warm the page cache */
	run_once(b);
	for (size_t i = 0; i < runs; i++) {
		struct run x = run_once(a), y = run_once(b);

		a_ms[i] = x.ms;
		b_ms[i] = y.ms;
		ratio[i] = x.ms / y.ms;
		a_kib = x.kib > a_kib ? x.kib : a_kib;
		b_kib = y.kib > b_kib ? y.kib : b_kib;
	}
	printf("%.2f ms against %.2f ms, ratio %.2f, peak %.1f MiB against %.1f MiB, %zu runs\n",
	    median(a_ms, runs), median(b_ms, runs), median(ratio, runs),
	    (double)a_kib / 1024, (double)b_kib / 1024, runs);
	return EXIT_SUCCESS;
}
