#!/bin/sh
# Prepares a Keycloak realm for a protected MCP server: prepare.sh [OPTIONS]
#
# It makes the realm, a client scope for each kind of access (scopes.json, mappers.json), the client
# of the MCP server itself (client.json), three users to try it with (users.json), and opens anonymous client
# registration exactly as far as mcpass and other MCP clients need.  A second run changes nothing.
# It needs sh, curl and jq.
set -eu

usage() {
	cat <<'EOF'
usage: prepare.sh [OPTIONS]
  --url URL          where Keycloak is (default http://127.0.0.1:8080)
  --realm NAME       the realm to make or complete (default mcp-realm)
  --mcp URL          the MCP server's public URL, the audience of the tokens
                     (default http://127.0.0.1:8931/mcp)
  --audience-scope N make a further scope of this name that any user may have, and that puts the server
                     into the token's audience: for clients that ask for such a scope by name, as
                     echo-mcp-server-audience
  --trusted-host H   a host that clients may register from and be redirected to; may be repeated
                     (default 127.0.0.1 and localhost)
  --any-sender       take registrations from any address, as people's own computers have; their
                     redirects still have to go to a trusted host
  --initial-token    leave anonymous registration as it is, and print a token that permits to register
  --cimd HOST        take client metadata documents from this host (--features=cimd); may be repeated
  --no-users         make no users

in the environment:
  KC_BOOTSTRAP_ADMIN_USERNAME, KC_BOOTSTRAP_ADMIN_PASSWORD   who may administer Keycloak
  MCP_ADMIN_PASSWORD, MCP_USER_PASSWORD, MCP_READONLY_PASSWORD, ECHO_MCP_SERVER_SECRET
                     what new users and the new client get; what is missing is invented, and
                     printed once
EOF
}

die() { echo "prepare.sh: $*" >&2; exit 1; }

base=http://127.0.0.1:8080 realm=mcp-realm mcp=http://127.0.0.1:8931/mcp
hosts='' any_sender=false initial_token=false cimd='' users=true audience_scope=''
while [ $# -gt 0 ]; do
	case $1 in
	--url|--realm|--mcp|--audience-scope|--trusted-host|--cimd) [ $# -gt 1 ] || die "$1 wants a value" ;;
	esac
	case $1 in
	--url) base=${2%/}; shift ;;
	--realm) realm=$2; shift ;;
	--mcp) mcp=$2; shift ;;
	--audience-scope) audience_scope=$2; shift ;;
	--trusted-host) hosts="$hosts $2"; shift ;;
	--any-sender) any_sender=true ;;
	--initial-token) initial_token=true ;;
	--cimd) cimd="$cimd $2"; shift ;;
	--no-users) users=false ;;
	-h|--help) usage; exit 0 ;;
	*) usage >&2; die "unknown option $1" ;;
	esac
	shift
done
case $realm in *[!A-Za-z0-9._-]*|'') die "--realm $realm: letters, digits, '.', '_' and '-' only" ;; esac
case $audience_scope in
*[!A-Za-z0-9._:-]*) die "--audience-scope $audience_scope: letters, digits, '.', '_', ':' and '-' only" ;;
esac
for tool in curl jq; do
	command -v $tool >/dev/null 2>&1 || die "$tool is missing: install it (Debian: apt-get install $tool)"
done
for name in KC_BOOTSTRAP_ADMIN_USERNAME KC_BOOTSTRAP_ADMIN_PASSWORD; do
	eval "[ -n \"\${$name:-}\" ]" || die "set $name and export it: the administrator's, as Keycloak was first started with"
done

here=$(cd "$(dirname "$0")" && pwd)
umask 077
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
changes=0
said=''

# The scopes to make: those of the file, and the one for the audience.
scopes=$tmp/scopes.json
jq --arg name "$audience_scope" '. + if $name == "" then [] else [{name: $name,
	description: "MCP: the server as the audience of the token",
	consent: "Be known to the MCP server"}] end' "$here/scopes.json" >"$scopes"

# --- Keycloak's admin API.  Secrets go through files, never through a command line. ---

# request CURL-ARGUMENTS: the body into $tmp/answer, the status into $status
request() {
	status=$(curl -sS --max-time 60 -o "$tmp/answer" -D "$tmp/headers" -w '%{http_code}' "$@") \
		|| die "no answer from $base: is Keycloak started, and is --url right?"
}

explain() { jq -r '.errorMessage // .error_description // .error // empty' "$tmp/answer" 2>/dev/null || true; }

sign_in() {
	printf '%s' "$KC_BOOTSTRAP_ADMIN_USERNAME" >"$tmp/name"
	printf '%s' "$KC_BOOTSTRAP_ADMIN_PASSWORD" >"$tmp/password"
	request "$base/realms/master/protocol/openid-connect/token" -d grant_type=password \
		-d client_id=admin-cli --data-urlencode "username@$tmp/name" \
		--data-urlencode "password@$tmp/password"
	[ "$status" = 200 ] || die "Keycloak refuses the administrator ($status $(explain)): check" \
		"KC_BOOTSTRAP_ADMIN_USERNAME and KC_BOOTSTRAP_ADMIN_PASSWORD"
	jq -r '"Authorization: Bearer " + .access_token' "$tmp/answer" >"$tmp/bearer"
}

# api METHOD PATH [BODY-FILE]: a 404 is an answer, too
api() {
	if [ $# -gt 2 ]; then set -- "$1" "$2" --data-binary "@$3"; fi
	method=$1 path=$2
	shift 2
	request -X "$method" -H "@$tmp/bearer" -H 'Content-Type: application/json' "$base/admin/realms$path" "$@"
	case $status in
	2??|404) ;;
	403) die "$method $path: 403: this administrator may not do that" ;;
	*) die "$method $path: $status $(explain)" ;;
	esac
}

change() { changes=$((changes + 1)); echo "  $1: $2"; }
same() { echo "  $1: as it should be"; }

# complete WHAT PATH WISH-FILE: overlays the wish on what is in $tmp/answer, and puts it there when
# that makes a difference
complete() {
	jq -n --slurpfile is "$tmp/answer" --slurpfile wish "$3" '$is[0] * $wish[0]' >"$tmp/whole"
	if jq -e -n --slurpfile is "$tmp/answer" --slurpfile whole "$tmp/whole" '$is == $whole' >/dev/null; then
		same "$1"
	else
		api PUT "$2" "$tmp/whole"
		change "$1" changed
	fi
}

# id_of NAME-FIELD NAME: of the list in $tmp/answer
id_of() { jq -r --arg field "$1" --arg name "$2" 'map(select(.[$field] == $name))[0].id // empty' "$tmp/answer"; }

made_id() { sed -n 's/\r$//; s|^[Ll]ocation: .*/||p' "$tmp/headers"; }

# secret NAME WHAT: $NAME, or one that is invented and told at the end, into $tmp/secret
secret() {
	eval "value=\${$1:-}"
	if [ -z "$value" ]; then
		value=$(od -An -N 15 -tx1 /dev/urandom | tr -d ' \n')
		said="$said
  $2  $value"
	fi
	printf '%s' "$value" >"$tmp/secret"
}

# --- the pieces ---

make_realm() {
	jq --arg realm "$realm" '. + {realm: $realm, enabled: true}' "$here/realm.json" >"$tmp/wish"
	api GET "/$realm"
	if [ "$status" = 404 ]; then
		# No list of client scopes here: it would take the place of Keycloak's own.
		api POST "" "$tmp/wish"
		change "realm $realm" made
	else
		complete "realm $realm" "/$realm" "$tmp/wish"
	fi
}

make_client() {
	api GET "/$realm/clients?clientId=echo-mcp-server"
	client=$(id_of clientId echo-mcp-server)
	jq --arg mcp "$mcp" '.attributes.resource_url = $mcp' "$here/client.json" >"$tmp/wish"
	if [ -z "$client" ]; then
		secret ECHO_MCP_SERVER_SECRET "client echo-mcp-server, secret"
		jq --rawfile secret "$tmp/secret" '. + {secret: $secret}' "$tmp/wish" >"$tmp/new"
		api POST "/$realm/clients" "$tmp/new"
		client=$(made_id)
		change "client echo-mcp-server" made
	else
		api GET "/$realm/clients/$client"
		complete "client echo-mcp-server" "/$realm/clients/$client" "$tmp/wish"
	fi
	for role in $(jq -r '.[].role // empty' "$scopes"); do
		api GET "/$realm/clients/$client/roles/$role"
		[ "$status" = 404 ] || { same "role $role"; continue; }
		jq -n --arg name "$role" '{name: $name}' >"$tmp/new"
		api POST "/$realm/clients/$client/roles" "$tmp/new"
		change "role $role" made
	done
}

# make_mapper SCOPE-ID SCOPE NAME: one of mappers.json.  They sit in each scope, for a client that
# registers by itself gets the scopes it names and no others.
make_mapper() {
	jq --arg name "$3" --arg mcp "$mcp" 'map(select(.name == $name))[0]
		| .config |= map_values(if . == "MCP-SERVER-URL" then $mcp else . end)' "$here/mappers.json" >"$tmp/wish"
	api GET "/$realm/client-scopes/$1/protocol-mappers/models"
	mapper=$(id_of name "$3")
	if [ -z "$mapper" ]; then
		api POST "/$realm/client-scopes/$1/protocol-mappers/models" "$tmp/wish"
		change "scope $2, $3" made
	else
		api GET "/$realm/client-scopes/$1/protocol-mappers/models/$mapper"
		complete "scope $2, $3" "/$realm/client-scopes/$1/protocol-mappers/models/$mapper" "$tmp/wish"
	fi
}

# map_role PATH WHAT ROLE...: these roles of the client belong to whatever PATH is
map_role() {
	mappings="$1/role-mappings/clients/$client"
	case $1 in */client-scopes/*) mappings="$1/scope-mappings/clients/$client" ;; esac
	what=$2
	shift 2
	api GET "$mappings"
	cp "$tmp/answer" "$tmp/has"
	for role in "$@"; do
		jq -e --arg role "$role" 'any(.name == $role)' "$tmp/has" >/dev/null && continue
		api GET "/$realm/clients/$client/roles/$role"
		jq '[.]' "$tmp/answer" >"$tmp/new"
		api POST "$mappings" "$tmp/new"
		change "$what, role $role" added
	done
}

make_scope() {
	jq --arg name "$1" 'map(select(.name == $name))[0] | {name, description, protocol: "openid-connect",
		attributes: {"include.in.token.scope": "true", "display.on.consent.screen": "true",
		"consent.screen.text": .consent}}' "$scopes" >"$tmp/wish"
	api GET "/$realm/client-scopes"
	scope=$(id_of name "$1")
	if [ -z "$scope" ]; then
		api POST "/$realm/client-scopes" "$tmp/wish"
		scope=$(made_id)
		change "scope $1" made
	else
		api GET "/$realm/client-scopes/$scope"
		complete "scope $1" "/$realm/client-scopes/$scope" "$tmp/wish"
	fi
	jq -r '.[].name' "$here/mappers.json" >"$tmp/mappers"
	while read -r name; do
		make_mapper "$scope" "$1" "$name" </dev/null
	done <"$tmp/mappers"
	# shellcheck disable=SC2046
	map_role "/$realm/client-scopes/$scope" "scope $1" \
		$(jq -r --arg name "$1" '.[] | select(.name == $name).role // empty' "$scopes")
	# Clients that name no scope when they register, or in their document, get the realm's; the
	# server's own client asks for them when it exchanges a token.
	offer_scope "/$realm/default-optional-client-scopes" "$1" "realm $realm"
	offer_scope "/$realm/clients/$client/optional-client-scopes" "$1" "client echo-mcp-server"
}

# offer_scope PATH NAME WHOSE: among the optional scopes there
offer_scope() {
	api GET "$1"
	[ -z "$(id_of name "$2")" ] || return 0
	api PUT "$1/$scope"
	change "$3, optional scope $2" added
}

make_user() {
	variable=$(printf '%s_PASSWORD' "$1" | tr 'a-z-' 'A-Z_')
	api GET "/$realm/users?exact=true&username=$1"
	user=$(id_of username "$1")
	if [ -z "$user" ]; then
		secret "$variable" "user $1, password"
		jq --arg name "$1" --rawfile password "$tmp/secret" 'map(.user | select(.username == $name))[0]
			+ {enabled: true, emailVerified: true, credentials: [{type: "password", value: $password}]}' \
			"$here/users.json" >"$tmp/new"
		api POST "/$realm/users" "$tmp/new"
		user=$(made_id)
		change "user $1" made
	else
		same "user $1"
	fi
	# shellcheck disable=SC2046
	map_role "/$realm/users/$user" "user $1" \
		$(jq -r --arg name "$1" '.[] | select(.user.username == $name).roles[]' "$here/users.json")
}

# policy PROVIDER ACCESS WISH-FILE: the wish is added to the config of that registration policy, for
# anonymous access or for authenticated (with an initial access token)
policy() {
	api GET "/$realm/components?type=org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy"
	jq --arg provider "$1" --arg access "$2" 'map(select(.providerId == $provider and .subType == $access))[0] // empty' \
		"$tmp/answer" >"$tmp/is"
	[ -s "$tmp/is" ] || die "the realm has no registration policy '$1' for $2 access:" \
		"it was removed, so any client may register anything; put it back first"
	name=$(jq -r .name "$tmp/is")
	jq --slurpfile wish "$3" '.config as $is | .config = ($wish[0] | with_entries(.key as $key
		| .value = (if $key | test("must-match") then .value else (($is[$key] // []) as $had | $had + (.value - $had)) end))
		| $is + .)' "$tmp/is" >"$tmp/whole"
	if cmp -s "$tmp/is" "$tmp/whole"; then
		same "registration policy $name ($2 access)"
	else
		api PUT "/$realm/components/$(jq -r .id "$tmp/is")" "$tmp/whole"
		change "registration policy $name ($2 access)" opened
	fi
}

allow_scopes() {
	jq '{"allowed-client-scopes": map(.name)}' "$scopes" >"$tmp/wish"
	policy allowed-client-templates "$1" "$tmp/wish"
}

open_registration() {
	# shellcheck disable=SC2086
	printf '%s\n' ${hosts:-127.0.0.1 localhost} | jq -R . | jq -s --argjson any "$any_sender" '{"trusted-hosts": .,
		"client-uris-must-match": ["true"],
		"host-sending-registration-request-must-match": [$any | not | tostring]}' >"$tmp/wish"
	policy trusted-hosts anonymous "$tmp/wish"
	allow_scopes anonymous
}

make_initial_token() {
	allow_scopes authenticated
	jq -n '{expiration: 86400, count: 10}' >"$tmp/new"
	api POST "/$realm/clients-initial-access" "$tmp/new"
	said="$said
  initial access token, for 10 clients within a day  $(jq -r .token "$tmp/answer")"
	change "initial access token" made
}

# A document's URL is a client id: which hosts such documents may come from.  Keycloak holds every
# URI in them, the redirects too, against the executor's list, and these lead to people's computers.
take_documents() {
	# shellcheck disable=SC2086
	printf '%s\n' $cimd | jq -R . | jq -s '{
		profile: {name: "mcp-metadata-documents", description: "MCP clients that publish a document about themselves",
		  executors: [{executor: "client-id-metadata-document", configuration: {
		    "cimd-allow-http-scheme": false,
		    "cimd-allow-permitted-domains": (. + (["127.0.0.1", "localhost"] - .)), "cimd-restrict-same-domain": false}}]},
		policy: {name: "mcp-metadata-documents", enabled: true, description: "whose client id is a URL",
		  conditions: [{condition: "client-id-uri", configuration: {
		    "client-id-uri-scheme": ["https"],
		    "client-id-uri-allow-permitted-domains": .}}], profiles: ["mcp-metadata-documents"]}}' >"$tmp/cimd"
	for kind in profile policy; do
		list=profiles
		[ $kind = profile ] || list=policies
		api GET "/$realm/client-policies/$list"
		jq --arg list $list --slurpfile wish "$tmp/cimd" --arg kind $kind '$wish[0][$kind] as $one
			| {($list): ((.[$list] // []) | map(select(.name != $one.name)) + [$one])}' "$tmp/answer" >"$tmp/whole"
		# Keycloak adds members of its own, so ours are looked for in what is there.
		if jq -e --arg list $list --slurpfile wish "$tmp/cimd" --arg kind $kind '$wish[0][$kind] as $one
			| any(.[$list][]?; contains($one))' "$tmp/answer" >/dev/null; then
			same "client $kind mcp-metadata-documents"
		else
			api PUT "/$realm/client-policies/$list" "$tmp/whole"
			change "client $kind mcp-metadata-documents" made
		fi
	done
}

sign_in
echo "Keycloak at $base, for the MCP server $mcp"
make_realm
make_client
for name in $(jq -r '.[].name' "$scopes"); do make_scope "$name"; done
if $users; then
	for name in $(jq -r '.[].user.username' "$here/users.json"); do make_user "$name"; done
fi
if $initial_token; then make_initial_token; else open_registration; fi
if [ -n "$cimd" ]; then take_documents; fi

if [ $changes -eq 0 ]; then
	echo "Nothing had to be changed."
else
	echo "$changes changes."
fi
if [ -n "$said" ]; then
	echo
	echo "Invented here, and shown this once:$said"
fi
echo
echo "The issuer is $base/realms/$realm"
