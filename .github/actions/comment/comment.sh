#!/usr/bin/env bash
# Puts a text into a pull request as one comment, which later runs replace.
#
# Environment: GH_TOKEN (pull-requests: write), REPOSITORY (owner/name), PULL (number), TEXT
# (file), and for a text that another job wrote on foreign code: UNTRUSTED=true.
set -euo pipefail

marker='<!-- cargo-whittle -->'
# GitHub refuses more than 65,536 characters.
limit=65000

fail() { echo "comment: $*" >&2; exit 2; }
[[ "$PULL" =~ ^[0-9]+$ ]] || fail "no number of a pull request: ${PULL@Q}"
[[ -f "$TEXT" && ! -L "$TEXT" ]] || fail 'there is no text'

# Whoever wrote the pull request may have written the text: no markup, no links or images, nobody
# called, no other issue mentioned. Tables, their line breaks and emphasis stay.
harmless() {
    tr -d '\000-\010\013-\037\177' | sed \
        -e 's/\(^\|[^&]\)#\([0-9]\)/\1\&#35;\2/g' -e 's/\(^\|[^&]\)#\([0-9]\)/\1\&#35;\2/g' \
        -e 's/</\&lt;/g' -e 's/&lt;br>/<br>/g' -e 's/@/\&#64;/g' \
        -e 's/\]\([(:[]\)/] \1/g' -e 's|://|:\&#47;/|g' -e 's/www\./www\&#46;/Ig'
}

# The start of a file, whole characters only, and a word where something is missing.
start_of() {
    head --bytes="$1" -- "$2" | iconv -c -f UTF-8 -t UTF-8
    (($(wc --bytes <"$2") <= $1)) || printf '\n\n(cut)\n'
}

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
body="$folder/body"
printf '%s\n' "$marker" >"$body"
if [[ "${UNTRUSTED:-}" == true ]]; then
    printf '> Reported by a run on the code of this pull request, which could have written anything.\n\n' >>"$body"
    start_of 61000 "$TEXT" >"$folder/text"
    harmless <"$folder/text" >"$folder/harmless"
    start_of 64000 "$folder/harmless" >>"$body"
else
    cat -- "$TEXT" >>"$body"
fi
(($(wc --chars <"$body") <= limit)) || fail 'the text is longer than a comment may be'

mine=".[] | select(.user.type == \"Bot\" and (.body | startswith(\"$marker\"))) | .id"
ids=$(gh api --paginate "repos/$REPOSITORY/issues/$PULL/comments" --jq "$mine")
id=${ids%%$'\n'*}
if [[ "$id" =~ ^[0-9]+$ ]]; then
    gh api --silent --method PATCH "repos/$REPOSITORY/issues/comments/$id" --field "body=@$body"
else
    gh api --silent --method POST "repos/$REPOSITORY/issues/$PULL/comments" --field "body=@$body"
fi
