"""Credentials that many hosts share: one refresh at a time, none lost, whatever the database does."""

import contextlib
import os
import subprocess
import threading
import time

import cluster
import lib
import networks
from cluster import Cluster, Proxy, Rotating, Shop, wait
from lib import expect, expect_eq
from networks import Network
from scene import Issuer, Server, expect_login


def ready(shop, **kw):
    """A login that is stored, and an authorization server that counts."""
    base = shop.cluster(**kw)
    issuer = Issuer(shop)
    rotating = Rotating(issuer)
    server = Server(shop, issuer.url)
    expect_login(shop, server.url)
    return base, rotating, server


def one_that_asks(shop, base, rotating, server):
    """A process that has sent its refresh token, and is not answered until rotating.hold is set."""
    shop.expire(base)
    rotating.hold = threading.Event()
    process = shop.go("token", server.url)
    expect("it asks", rotating.held.wait(lib.PATIENCE))
    return process


@lib.rows([(name,) for name in ("unit_io_store", "unit_io_store_issuer", "unit_io_store_elsewhere")])
def test_the_rows_of_every_store(name):
    with Shop() as shop:
        base = shop.cluster()
        done = subprocess.run([os.path.join(os.path.dirname(lib.PROGRAM), name)], text=True,
                              capture_output=True, timeout=lib.PATIENCE,
                              env={**os.environ, "MCPASS_TEST_POSTGRES": base.url()})
        expect_eq("rows", done.returncode, 0, done.stdout + done.stderr)


def check_round(rotating, ended, number):
    expect_eq("each has a token", [e for e in ended if e[0] != 0], [])
    expect_eq("and it is the newest", {e[1] for e in ended}, {rotating.access})
    expect_eq("one refresh a round", (rotating.count, rotating.reused), (number, 0))


def wait_for_wishes(base, fleet, addresses):
    """Until every process has read the expired credential and tried to have its lock: one has it and
    does the next thing, the others wait for it."""
    asked = ("SELECT coalesce(host(client_addr), ''), count(*), count(*) FILTER (WHERE query ~"
             " 'advisory|mcpass[.]held') FROM pg_stat_activity WHERE application_name LIKE 'process %'"
             " GROUP BY 1 ORDER BY 1")
    each = len(fleet) // len(addresses)
    want = [{f"{address}|{each}|{each - (address == winner)}" for address in addresses}
            for winner in addresses]
    deadline = time.monotonic() + lib.PATIENCE
    while set((seen := base.sql(asked)).split("\n")) not in want:
        expect("none ends before the refresh", all(p.poll() is None for p in fleet), seen)
        expect("all of them ask", time.monotonic() < deadline, seen)


def all_at_once(base, rotating, begin, number, addresses=("",)):
    """One refresh for a crowd in which every process wants it before the first one has it."""
    rotating.hold = threading.Event()
    rotating.held.clear()
    fleet = begin()
    expect("one of them asks", rotating.held.wait(lib.PATIENCE))
    wait_for_wishes(base, fleet, addresses)
    rotating.hold.set()
    check_round(rotating, [wait(process) for process in fleet], number)


def crowd(shop, server, size, env=None):
    return [shop.go("token", server.url, env=env) for _ in range(size)]


def test_a_fleet_refreshes_once_a_round():
    """50 processes, one expired credential whose refresh token serves once."""
    with Shop() as shop:
        base, rotating, server = ready(shop)
        for number in range(1, 6):
            shop.expire(base)
            check_round(rotating, [wait(process) for process in crowd(shop, server, 50)], number)
        expect_eq("no mark is left", base.sql("SELECT count(*) FROM mcpass.held"), "0")


def certify(base, name):
    """TLS for what comes by a cable, and nothing else."""
    cert, key = os.path.join(base.folder, "tls.crt"), os.path.join(base.folder, "tls.key")
    networks.do("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", f"/CN={name}",
                "-addext", f"subjectAltName=DNS:{name}")
    user = os.stat(base.data)
    os.chown(key, user.st_uid, user.st_gid)
    os.chmod(key, 0o600)
    with open(os.path.join(base.data, "pg_hba.conf"), "w") as hba:
        hba.write("local all all trust\nhostssl all all 10.77.0.0/16 trust\n")
    for setting, value in (("ssl", "on"), ("ssl_cert_file", cert), ("ssl_key_file", key),
                           ("listen_addresses", "*")):
        base.sql(f"ALTER SYSTEM SET {setting} = '{value}'")
    base.restart()
    return cert


def test_a_fleet_on_two_hosts():
    """Two network namespaces, each with a name, a home folder, a loopback and a cable to a third one,
    where the database is; every process wants a refresh before the first one has it."""
    rounds, each = (100, 25) if cluster.LONG else (5, 5)
    networks.require()
    with Shop() as shop:
        far, hosts = Network(shop.stack, "database"), [Network(shop.stack, name) for name in ("one", "two")]
        cables = [host.cable(far, number) for number, host in enumerate(hosts, 1)]
        base, rotating, server = ready(shop, inside=far.inside)
        cert = certify(base, "db.fleet.test")
        networks.relay(shop.stack, [], "out", shop.folder, [rotating.url, server.url])
        envs = []
        for host, (_, address) in zip(hosts, cables):
            host.relay(shop.stack, shop.folder, [rotating.url, server.url])
            os.mkdir(shop.path(host.name), 0o700)
            envs.append({"HOME": shop.path(host.name), "XDG_DATA_HOME": shop.path(host.name + "/data"),
                         "MCPASS_STORE": "postgresql://mcpass@db.fleet.test/postgres?"
                         f"hostaddr={address}&sslrootcert={cert}"})
        other = {**envs[0], "MCPASS_STORE": envs[0]["MCPASS_STORE"].replace("db.fleet", "other.fleet")}
        code, _, err = wait(shop.go("status", env=other, inside=hosts[0].inside))
        expect_eq("another name than the certificate's", code, 2, err)
        for number in range(1, rounds + 1):
            shop.expire(base)
            all_at_once(base, rotating, lambda: [
                shop.go("token", server.url, env=envs[i % 2], inside=hosts[i % 2].inside)
                for i in range(2 * each)], number, [ours for ours, _ in cables])
        print(f"fleet on two hosts: {rounds} rounds, {rounds * 2 * each} refreshes wanted,"
              f" {rotating.count} made, {rotating.reused} refused")
        expect_eq("no mark is left", base.sql("SELECT count(*) FROM mcpass.held"), "0")


def test_first_use_together():
    with Shop() as shop:
        base = shop.cluster()
        fleet = [shop.go("store", "check", "--json") for _ in range(12)]
        expect_eq("each made or found the tables", [e for e in map(wait, fleet) if e[0] != 0], [])
        expect_eq("once", base.sql("SELECT number FROM mcpass.version"), "1")


@lib.rows([("in order", "fast"), ("as after a crash", "immediate")])
def test_a_restart_in_the_midst_of_a_refresh(label, how):
    """The token is spent, the next one not stored yet: it is, when the database is back, and a
    process that came meanwhile waits for it."""
    with Shop() as shop:
        base, rotating, server = ready(shop)
        first = one_that_asks(shop, base, rotating, server)
        base.restart(how)
        second = shop.go("token", server.url)
        while "process" not in base.sql("SELECT string_agg(application_name, ' ') FROM"
                                        f" pg_stat_activity WHERE application_name LIKE 'process {second.pid}%'"):
            expect("it does not end", second.poll() is None, str(second.poll()))
        rotating.hold.set()
        ended = [wait(first), wait(second)]
        expect_eq("both have it", [(e[0], e[1]) for e in ended], [(0, rotating.access)] * 2, str(ended))
        expect_eq("one refresh", (rotating.count, rotating.reused), (1, 0))


def test_the_database_is_down_while_a_token_is_fetched():
    with Shop() as shop:
        base, rotating, server = ready(shop)
        first = one_that_asks(shop, base, rotating, server)
        base.stop()
        rotating.hold.set()
        base.start()
        code, token, err = wait(first)
        expect_eq("kept", (code, token), (0, rotating.access), err)
        expect("without a warning", "could not be kept" not in err, err)
        rotating.hold = None
        code, again, err = wait(shop.go("token", server.url))
        expect_eq("and it is there", (code, again, rotating.count), (0, token, 1), err)


@lib.rows([
    ("the primary named first", False, ""),
    ("the replica named first", True, ""),
    ("as libpq says it", True, "&target_session_attrs=read-write"),
])
def test_a_replica_takes_over(label, replica_first, more):
    """The primary dies while a token is fetched; the standby, which has all that was answered, is
    promoted.  Until then it is there, too, and can be read only."""
    with Shop() as shop:
        base, rotating, server = ready(shop, settings=("wal_level = replica", "max_wal_senders = 4"))
        standby = Cluster(shop.stack, copy_of=base)
        base.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        base.sql("SELECT pg_reload_conf()")
        folders = [standby.folder, base.folder] if replica_first else [base.folder, standby.folder]
        shop.env["MCPASS_STORE"] = (f"postgresql:///postgres?host={','.join(folders)}"
                                    f"&user=mcpass&connect_timeout=2{more}")
        first = one_that_asks(shop, base, rotating, server)
        expect_eq("by the primary", base.sql("SELECT count(*) FROM mcpass.held"), "1")
        expect_eq("a real replica", standby.sql("SELECT pg_is_in_recovery()"), "t")
        base.stop()
        standby.promote()
        second = shop.go("token", server.url)
        rotating.hold.set()
        ended = [wait(first), wait(second)]
        expect_eq("both have it", [(e[0], e[1]) for e in ended], [(0, rotating.access)] * 2, str(ended))
        expect_eq("one refresh", (rotating.count, rotating.reused), (1, 0))
        expect_eq("kept by the new primary", standby.sql("SELECT pg_is_in_recovery(), count(*) FROM"
                                                         " mcpass.credentials"), "f|1")


def test_a_replica_alone():
    """It can be read, and nothing is spent."""
    with Shop() as shop:
        base, rotating, server = ready(shop, settings=("wal_level = replica", "max_wal_senders = 4"))
        shop.expire(base)
        standby = Cluster(shop.stack, copy_of=base)
        code, _, err = wait(shop.go("token", server.url, env={"MCPASS_STORE": standby.url()}))
        expect_eq("exit code", code, 2, err)
        expect("says so", "replica" in err, err)
        expect_eq("no request", rotating.count, 0)


@contextlib.contextmanager
def small_space(shop, base, *tables):
    """A tablespace of a few megabytes, with these tables in it."""
    if os.geteuid() != 0:
        raise lib.Skip("only root mounts a small file system")
    space = os.path.join(base.folder, "space")
    os.mkdir(space)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", space],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise lib.Skip(f"this machine lets us mount nothing: {done.stderr.strip()}")
    try:
        user = os.stat(base.data)
        os.chown(space, user.st_uid, user.st_gid)
        base.sql(f"CREATE TABLESPACE small LOCATION '{space}'")
        for table in tables:
            base.sql(f"ALTER TABLE {table} SET TABLESPACE small")
        yield
    finally:
        base.stop()
        subprocess.run(["umount", space], check=True)


def test_full():
    """Before anything is asked: nothing is."""
    with Shop() as shop:
        base, rotating, server = ready(shop)
        with small_space(shop, base, "mcpass.held"):
            base.sql("CREATE TABLE public.junk(t text) TABLESPACE small")
            full = subprocess.run([os.path.join(cluster.BIN, "psql"), "-h", base.folder, "-U", "mcpass",
                                   "postgres", "-c", "INSERT INTO public.junk SELECT repeat(md5(g::text), 40)"
                                   " FROM generate_series(1, 10000) g"], capture_output=True, text=True)
            expect("it is full", "No space" in full.stderr, full.stderr)
            shop.expire(base)
            code, _, err = wait(shop.go("token", server.url))
            expect_eq("exit code", code, 2, err)
            expect("says so, and what to do", "No space left" in err and "make room" in err, err)
            expect_eq("nothing was spent", (rotating.count, rotating.reused), (0, 0))
            base.sql("DROP TABLE public.junk")
            base.sql("CHECKPOINT")
            code, token, err = wait(shop.go("token", server.url))
            expect_eq("with room again", (code, token), (0, rotating.access), err)


def test_full_while_a_token_is_fetched():
    """The refresh token is spent, and there is no room for the next one; then there is."""
    with Shop() as shop:
        base, rotating, server = ready(shop, settings=("autovacuum = off", "log_min_error_statement = error"))
        with small_space(shop, base, "mcpass.credentials"):
            first = one_that_asks(shop, base, rotating, server)
            base.sql("VACUUM mcpass.credentials")
            base.sql("DO $$ DECLARE n int := 0; BEGIN FOR size IN REVERSE 30..0 LOOP BEGIN LOOP n := n + 1;"
                     " INSERT INTO mcpass.credentials VALUES('junk ' || n, 1, repeat('x', size * 32));"
                     " END LOOP; EXCEPTION WHEN disk_full THEN NULL; END; END LOOP; END $$")
            rotating.hold.set()
            deadline = time.monotonic() + lib.PATIENCE
            log = os.path.join(base.folder, "log")
            while "STATEMENT:  UPDATE mcpass.credentials" not in open(log).read():
                expect("it saves", first.poll() is None and time.monotonic() < deadline, open(log).read())
            base.sql("DELETE FROM mcpass.credentials WHERE key LIKE 'junk %'")
            base.sql("VACUUM mcpass.credentials")
            expect_kept(shop, server, rotating, first)


def expect_kept(shop, server, rotating, first):
    """The token that the first process was given is the one that the store has."""
    code, token, err = wait(first)
    expect_eq("kept", (code, token), (0, rotating.access), err)
    expect("without a warning", "could not be kept" not in err, err)
    rotating.hold = None
    code, again, err = wait(shop.go("token", server.url))
    expect_eq("and it is there", (code, again, rotating.count, rotating.reused), (0, token, 1, 0), err)


def through(shop, base):
    """A proxy, and the environment of a process behind it."""
    proxy = Proxy(shop.stack, base.port)
    return proxy, {"MCPASS_STORE": f"postgresql://mcpass@127.0.0.1:{proxy.port}/postgres"}


def test_slow():
    """A database that takes connections and says nothing: an error, in time; a crowd that waits for
    one that says something again has one refresh."""
    with Shop() as shop:
        base, rotating, server = ready(shop, tcp=True)
        shop.expire(base)
        proxy, env = through(shop, base)
        proxy.open.clear()
        begun = time.monotonic()
        code, _, err = wait(shop.go("token", server.url, env=env))
        expect_eq("exit code", code, 2, err)
        expect("in time", time.monotonic() - begun < 20)
        expect_eq("one line", len([x for x in err.splitlines() if x.startswith("mcpass: ")]), 1, err)
        expect("what, and that it may be tried again", "not answered" in err or "timeout" in err, err)
        expect_eq("nothing was asked", rotating.count, 0)
        before = proxy.accepted

        def begin():
            fleet = crowd(shop, server, 6, env)
            proxy.wait_for(before + 6)
            proxy.open.set()
            return fleet

        all_at_once(base, rotating, begin, 1, ["127.0.0.1"])


def test_silent_while_a_token_is_fetched():
    """The refresh token is spent, and the network to the database cut, for a few seconds."""
    with Shop() as shop:
        base, rotating, server = ready(shop, tcp=True)
        proxy, env = through(shop, base)
        shop.env.update(env)
        first = one_that_asks(shop, base, rotating, server)
        before = proxy.accepted
        proxy.open.clear()
        rotating.hold.set()
        proxy.wait_for(before + 2)              # it gave the connection up, and another one, too
        proxy.open.set()
        expect_kept(shop, server, rotating, first)


def test_gone():
    """A database that is not there; then it is back, and a crowd has one refresh."""
    with Shop() as shop:
        base, rotating, server = ready(shop)
        shop.expire(base)
        base.stop("fast")
        for code, _, err in [wait(p) for p in crowd(shop, server, 8)]:
            expect_eq("exit code", code, 2, err)
            expect_eq("one line", len([x for x in err.splitlines() if x.startswith("mcpass: ")]), 1, err)
            expect("it says what there is not", "server" in err and "failed" in err, err)
        expect_eq("nothing was asked", rotating.count, 0)
        base.start()
        all_at_once(base, rotating, lambda: crowd(shop, server, 16), 1)


def test_a_process_that_is_killed_holds_no_lock():
    with Shop() as shop:
        base, rotating, server = ready(shop)
        first = one_that_asks(shop, base, rotating, server)
        first.kill()
        wait(first)
        rotating.hold.set()
        done = shop.run("token", server.url, "--no-login")
        expect("it went on at once, and the token was spent", done.returncode != 0, done.stdout)
        expect_eq("it asked", rotating.reused, 1)


# --- what is refused ---

def test_a_password_among_the_arguments():
    with Shop() as shop:
        done = shop.do("status", "--store", "postgresql://u:hunter2hunter2@127.0.0.1:1/d")
        expect_eq("exit code", done.returncode, 5, done.stderr)
        expect("what to do", ".pgpass" in done.stderr and "MCPASS_STORE" in done.stderr, done.stderr)
        expect("not shown", "hunter2" not in done.stdout + done.stderr, done.stderr)


def test_a_password_in_the_environment():
    with Shop() as shop:
        base = shop.cluster(tcp=True)
        with open(os.path.join(base.data, "pg_hba.conf"), "w") as hba:
            hba.write("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        base.sql("CREATE ROLE agent LOGIN PASSWORD 'hunter2hunter2'")
        base.sql("CREATE SCHEMA mcpass AUTHORIZATION agent")
        base.restart()
        where = f"127.0.0.1:{base.port}/postgres"
        done = shop.do("status", env={"MCPASS_STORE": f"postgresql://agent:hunter2hunter2@{where}"})
        expect_eq("exit code", done.returncode, 0, done.stderr)
        expect("not shown", "hunter2" not in done.stdout + done.stderr, done.stderr)
        done = shop.do("status", env={"MCPASS_STORE": f"postgresql://agent:wrong2wrong2@{where}"})
        expect_eq("a wrong one", done.returncode, 2, done.stderr)
        expect("not shown", "wrong2" not in done.stdout + done.stderr, done.stderr)
        pgpass = shop.write("pgpass", f"127.0.0.1:{base.port}:*:agent:hunter2hunter2\n")
        done = shop.do("status", env={"MCPASS_STORE": f"postgresql://agent@{where}",
                                       "PGPASSFILE": pgpass})
        expect_eq("from a file", done.returncode, 0, done.stderr)
        services = shop.write("services", f"[fleet]\nhost=127.0.0.1\nport={base.port}\ndbname=postgres\n"
                                          f"user=agent\n")
        done = shop.do("status", env={"MCPASS_STORE": "postgresql:///?service=fleet", "PGSERVICEFILE": services,
                                      "PGPASSFILE": pgpass})
        expect_eq("and all else by the name of a service", done.returncode, 0, done.stderr)


def test_another_machine_has_to_have_a_certificate():
    """Its name is another one's of loopback: to libpq it is another machine."""
    with Shop() as shop:
        base = shop.cluster(tcp=True)
        far = f"postgresql://mcpass@ip6-localhost.example:{base.port}/postgres?hostaddr=127.0.0.1"
        done = shop.do("status", env={"MCPASS_STORE": far})
        expect_eq("a local address serves", done.returncode, 0, done.stderr)
        far = f"postgresql://mcpass@127.0.0.2:{base.port}/postgres"
        base.sql("ALTER SYSTEM SET listen_addresses = '127.0.0.1,127.0.0.2'")
        base.restart()
        done = shop.do("status", env={"MCPASS_STORE": far})
        expect_eq("no TLS", done.returncode, 2, done.stderr)
        expect("says so", "SSL" in done.stderr or "certificate" in done.stderr, done.stderr)
        done = shop.do("status", env={"MCPASS_STORE": far + "?sslmode=disable"})
        expect_eq("but where that is said", done.returncode, 0, done.stderr)


def test_tables_of_a_newer_program():
    with Shop() as shop:
        base = shop.cluster()
        shop.do("status")
        base.sql("UPDATE mcpass.version SET number = 99")
        done = shop.do("status")
        expect_eq("exit code", done.returncode, 2, done.stderr)
        expect("says so", "format 99" in done.stderr and "newer mcpass" in done.stderr, done.stderr)


@lib.rows([
    ("a table of another program", "DROP SCHEMA mcpass CASCADE; CREATE SCHEMA mcpass;"
     " CREATE TABLE mcpass.credentials(id int)", 2, "another program's"),
    ("another idea of a version", "DROP SCHEMA mcpass CASCADE; CREATE SCHEMA mcpass;"
     " CREATE TABLE mcpass.version(number text)", 2, "another program's"),
    ("no version", "DELETE FROM mcpass.version", 2, "a part is missing"),
    ("a table is gone", "DROP TABLE mcpass.credentials", 2, "a part is missing"),
    ("two versions", "INSERT INTO mcpass.version VALUES(99)", 2, "format 99"),
    ("a version of many bits", "ALTER TABLE mcpass.version ALTER number TYPE bigint;"
     " UPDATE mcpass.version SET number = 4294967297", 2, "newer mcpass"),
])
def test_tables_that_are_not_ours(label, sql, code, says):
    with Shop() as shop:
        base = shop.cluster()
        shop.do("status")
        base.sql(sql)
        done = shop.do("status")
        expect_eq("exit code", done.returncode, code, done.stderr)
        expect("says why", says in done.stderr, done.stderr)


def test_what_the_server_says_besides():
    """libpq would print it as it is."""
    with Shop() as shop:
        base, rotating, server = ready(shop)
        base.sql("CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                 " RAISE WARNING E'\\x1b[31mloud'; RETURN NEW; END $$;"
                 " CREATE TRIGGER loud BEFORE INSERT OR UPDATE ON mcpass.credentials FOR EACH ROW"
                 " EXECUTE FUNCTION loud()")
        shop.expire(base)
        code, token, err = wait(shop.go("token", server.url))
        expect_eq("as before", (code, token), (0, rotating.access), err)
        expect("nothing of it", "loud" not in err and "\x1b" not in err, err)


def test_a_hostile_search_path():
    """Functions and tables of other schemas are not taken for the system's, nor for ours."""
    with Shop() as shop:
        base, rotating, server = ready(shop)
        base.sql("CREATE SCHEMA evil; CREATE FUNCTION evil.pg_try_advisory_lock(bigint) RETURNS boolean"
                 " LANGUAGE sql AS 'SELECT true'; ALTER ROLE mcpass SET search_path = evil, pg_catalog;"
                 " CREATE FUNCTION evil.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS"
                 " 'SELECT NULL::timestamptz'")
        shop.expire(base)
        code, token, err = wait(shop.go("token", server.url))
        expect_eq("as before", (code, token), (0, rotating.access), err)


def test_notes_go_with_a_logout_and_are_bounded():
    with Shop() as shop:
        base, rotating, server = ready(shop)
        expect_eq("a second account", shop.run("login", server.url, "--profile", "other").returncode, 0)
        for profile in ("default", "other"):
            base.sql(f"INSERT INTO mcpass.notes VALUES('tools {profile} {server.url}', '') ON CONFLICT DO NOTHING")
        base.sql(f"INSERT INTO mcpass.notes VALUES('revision {server.url}', 'x'),"
                 " ('issuer of client y', 'z') ON CONFLICT DO NOTHING")

        def names():
            return [name.split()[0] for name in base.sql("SELECT name FROM mcpass.notes ORDER BY 1").split("\n")]

        expect_eq("all", names(), ["issuer", "reach", "revision", "tools", "tools"])
        expect_eq("out", shop.run("logout", server.url, "--profile", "other").returncode, 0)
        expect_eq("its own", names(), ["issuer", "reach", "revision", "tools"])
        expect_eq("out", shop.run("logout", server.url).returncode, 0)
        expect_eq("what is allowed stays", names(), ["issuer"])
        base.sql("UPDATE mcpass.notes SET name = 'a'")
        for number in range(4):
            base.sql("INSERT INTO mcpass.notes SELECT 'n' || g, '' FROM generate_series("
                     f"{number * 300}, {number * 300 + 299}) g")
        expect_login(shop, server.url)
        expect_eq("as many as there may be", base.sql("SELECT count(*) FROM mcpass.notes"), "1000")
        expect_eq("the oldest went", base.sql("SELECT count(*) FROM mcpass.notes WHERE name = 'a'"), "0")
        expect_eq("the newest did not", base.sql("SELECT count(*) FROM mcpass.notes WHERE name IN"
                                                 f" ('n1199', 'reach {server.url}')"), "2")


# --- sealed, and moved ---

def test_a_stolen_database():
    with Shop() as shop:
        key = shop.path("fleet.key")
        expect_eq("a key", shop.do("store", "key", key).returncode, 0)
        shop.env["MCPASS_STORE_KEY"] = key
        base, rotating, server = ready(shop)
        done = shop.do("status")
        expect("status says so", "sealed with the key" in done.stderr, done.stderr)
        done = shop.do("store", "check", "--json")
        expect_eq("exit code", done.returncode, 0, done.stderr)
        secrets = [rotating.current, rotating.access]
        expect("there is something to lose", all(secrets))
        dump = base.dump()
        expect("it is there", "sealed1." in dump)
        expect_nothing(dump, secrets)
        expect_nothing(read_files(base.data), secrets)
        rotated = shop.do("store", "key", key)
        expect_eq("another key", rotated.returncode, 0, rotated.stderr)
        done = shop.do("store", "rekey", "--json")
        expect_eq("rekey", done.returncode, 0, done.stderr)
        lines = open(key).read().splitlines()
        shop.write("fleet.key", lines[0] + "\n")
        code, token, err = wait(shop.go("token", server.url))
        expect_eq("the new key alone opens", (code, token), (0, rotating.access), err)
        shop.env["MCPASS_STORE_KEY"] = shop.write("old.key", lines[1] + "\n")
        done = shop.run("token", server.url, "--no-login")
        expect_eq("the old one does not", done.returncode, 2, done.stderr)


def expect_nothing(text, secrets):
    import base64
    text = text if isinstance(text, bytes) else text.encode()
    for secret in secrets:
        raw = secret.encode()
        forms = {raw, raw.hex().encode(), raw.hex().upper().encode()}
        for pad in (b"", b"x", b"xx"):
            code = base64.b64encode(pad + raw)[4:-4]
            forms |= {code, code.replace(b"+", b"-").replace(b"/", b"_")}
        for form in forms:
            expect("no secret is in it", form not in text, form.decode())


def read_files(folder):
    found = b""
    for root, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(root, name), "rb") as file:
                found += file.read()
    return found


def test_moved_to_the_database_and_back():
    with Shop() as shop:
        issuer = Issuer(shop)
        rotating = Rotating(issuer)
        server = Server(shop, issuer.url)
        old = shop.env["MCPASS_STORE"] = shop.path("old/credentials.db")
        expect_login(shop, server.url)
        base = shop.cluster()
        done = shop.do("store", "move", old, base.url(), "--json")
        expect_eq("moved", (done.returncode, done.stdout), (0, '{"moved":1,"key":null}\n'),
                  done.stderr)
        done = shop.do("status", "--store", old, "--json")
        expect_eq("nothing is left", done.stdout, "[]\n", done.stderr)
        expect_nothing(read_files(os.path.dirname(old)), [rotating.current, rotating.access])
        shop.expire(base)
        code, token, err = wait(shop.go("token", server.url))
        expect_eq("in use", (code, token, rotating.count), (0, rotating.access, 1), err)
        done = shop.do("store", "move", base.url(), old)
        expect_eq("and back", done.returncode, 0, done.stderr)
        expect_eq("none there", base.sql("SELECT count(*) FROM mcpass.credentials"), "0")
        code, again, err = wait(shop.go("token", server.url, env={"MCPASS_STORE": old}))
        expect_eq("in use", (code, again), (0, token), err)


def test_a_move_that_cannot_be_made_moves_nothing():
    with Shop() as shop:
        base, rotating, server = ready(shop)
        other = shop.env["MCPASS_STORE"] = shop.path("other/credentials.db")
        expect_login(shop, server.url)
        done = shop.do("store", "move", other, base.url())
        expect_eq("exit code", done.returncode, 5, done.stderr)
        expect("says why", "another record" in done.stderr, done.stderr)
        expect_eq("as it was", base.sql("SELECT count(*) FROM mcpass.credentials"), "1")
        expect("and here", server.url in shop.do("status").stdout)
