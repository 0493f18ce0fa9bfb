# Parts of documents that are figures of a run: each stands between two marker lines.
# shellcheck shell=bash

# write_part PAGE NAME: standard input becomes what stands between "<!-- NAME: begin" and "<!-- NAME: end" in the page.
write_part() {
  local page="$1" name="$2" written
  grep -q "^<!-- $name: begin" "$page" && grep -q "^<!-- $name: end" "$page" \
    || die "$page lacks the lines '<!-- $name: begin' and '<!-- $name: end'"
  written="$(mktemp "$page.XXXXXX")"
  # The part is read by awk from its own standard input, after the line that begins it.
  awk -v name="$name" '
    index($0, "<!-- " name ": end") == 1 { inside = 0 }
    !inside { print }
    index($0, "<!-- " name ": begin") == 1 { inside = 1; while ((getline line < "/dev/stdin") > 0) print line }
  ' "$page" > "$written"
  chmod --reference="$page" "$written"
  mv "$written" "$page"
}
