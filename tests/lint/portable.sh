#!/bin/sh
# What only some systems have stands in src/io/system/, with a stand-in.
set -eu
cd "$(dirname "$0")/../.."
# (The nginx module lives in nginx's system; browse.c has the name of each system's opener.)
found=$(grep -rnE '<sys/(epoll|eventfd|event|prctl|syscall|inotify|timerfd|signalfd)\.h>|<linux/|\b(epoll_[a-z0-9]+|eventfd|kqueue|prctl|syscall|accept4|pipe2|dup3|explicit_bzero|getrandom|memfd_create|sigtimedwait)\(|SOCK_(CLOEXEC|NONBLOCK)|"/proc/|__linux__|__APPLE__' \
	--include='*.[ch]' src | grep -v -e '^src/io/system/' -e "^src/nginx/" -e "^src/io/browser/browse.c:" || true)
[ -z "$found" ] || { echo "$found"; echo "portable: see src/io/system/"; exit 1; }
echo "portable: only src/io/system/ has what only some systems have"
