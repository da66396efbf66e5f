#!/bin/sh
# The program waits in one place: only io/loop.c polls, and nothing else makes its thread stand
# still.  What may, and why, is listed here by name.
set -eu
cd "$(dirname "$0")/../.."

# file: what it may call
allowed() {
	case $1:$2 in
	src/io/loop.c:poll | src/io/system/poller.c:epoll_wait | src/io/system/poller.c:poll) ;;       # the loop itself
	src/io/system/sigpipe.c:sigwait) ;;     # takes a signal that is pending
	src/io/line_writer.c:poll) ;;           # asks whether a terminal takes a line now: no time
	src/io/line_writer.c:pthread_cond_wait | src/io/line_writer.c:pthread_cond_timedwait) ;;
	                                        # a thread of its own, for a log that is read slowly
	src/serve/authserver/workers.c:pthread_cond_wait) ;;       # the threads that compute, and wait for work
	src/io/store/database.c:nanosleep) ;;   # as SQLite does: another process writes, for milliseconds
	src/io/store/pg_statement.c:poll) ;;    # the same for a database: bounded, and in a thread for a server
	src/io/child.c:waitpid) ;;              # a child that was killed, or whose output has ended
	src/io/browser/spawn.c:waitpid) ;;      # a child that ends at once, and the overseer's own
	*) return 1 ;;
	esac
}

calls='poll|ppoll|select|pselect|epoll_wait|epoll_pwait|epoll_pwait2|curl_multi_poll|curl_multi_wait|curl_multi_perform|curl_easy_perform|nanosleep|clock_nanosleep|usleep|sleep|sigwait|sigwaitinfo|pthread_cond_wait|pthread_cond_timedwait|waitpid|wait'
bad=0
found=$(grep -rnoE "(^|[^A-Za-z0-9_>.\"'])($calls)\(" src --include='*.c' --include='*.h' \
    | sed -E "s/^([^:]*):([0-9]*):[^A-Za-z]?([a-z_0-9]*)\($/\1 \2 \3/")
set -f
while read -r file line call; do
	[ -n "$file" ] || continue
	# A comment may name it.
	sed -n "${line}p" "$file" | grep -qE '^[[:space:]]*(/\*|\*| \*)|/\*.*'"$call"'\(' && continue
	allowed "$file" "$call" && continue
	echo "one_poll: $file:$line waits by itself: $call()"
	bad=$((bad + 1))
done <<END
$found
END
if [ "$bad" -eq 0 ]; then echo "one_poll: the loop is the only wait"; else exit 1; fi
