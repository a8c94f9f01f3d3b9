from django.db import migrations

from vks_plugin.in_database import Function, MakeFunction

# as they were; 0030 puts one function in their place
_END = """RETURN QUERY SELECT e."case_id", e."ledger", e."seq", e."hash", e."at", NULL::text, NULL::bigint, NULL::text
      FROM "vks_ledger_entry" e WHERE e."case_id" {} ORDER BY e."seq" DESC LIMIT 1"""

HOLD = Function(
    "vks_ledger_hold",
    "cases bigint[], without_case boolean, person bigint, today date",
    "TABLE (of_case bigint, chain uuid, place integer, ends_with bytea, dated timestamptz, "
    "post_role text, post_unit bigint, post_code text)",
    f"""DECLARE
  one bigint;
BEGIN
  PERFORM 1 FROM "vks_case_file" WHERE "id" = ANY(cases) ORDER BY "id" FOR NO KEY UPDATE;
  FOREACH one IN ARRAY cases LOOP
    {_END.format("= one")};
  END LOOP;
  IF without_case THEN
    PERFORM pg_advisory_xact_lock(7760756);
    {_END.format("IS NULL")};
  END IF;
  IF person IS NOT NULL THEN
    RETURN QUERY SELECT NULL::bigint, NULL::uuid, NULL::integer, NULL::bytea, NULL::timestamptz,
        a."role"::text, a."unit_id", u."code"::text
      FROM "vks_appointment" a JOIN "vks_procuracy_unit" u ON u."id" = a."unit_id"
      WHERE a."user_id" = person AND a."starts_on" <= today AND a."ended_at" IS NULL
        AND (a."ends_on" IS NULL OR a."ends_on" >= today)
      ORDER BY a."id";
  END IF;
END
""",
)

WRITE = Function(
    "vks_ledger_write",
    "chain uuid, of_case bigint, place integer, act text, dated timestamptz, bytes bytea, hash_of_it bytea, "
    "hidden_by bytea, beside jsonb",
    "bigint",
    """DECLARE
  written bigint;
BEGIN
  INSERT INTO "vks_ledger_entry" ("ledger", "case_id", "seq", "kind", "at", "line", "hash")
    VALUES (chain, of_case, place, act, dated, bytes, hash_of_it) RETURNING "id" INTO written;
  IF beside IS NOT NULL THEN
    INSERT INTO "vks_ledger_hidden" ("entry_id", "salt", "values") VALUES (written, hidden_by, beside);
  END IF;
  RETURN written;
END
""",
)


class Migration(migrations.Migration):
    dependencies = [
        ("vks", "0020_works_that_wait_and_are_taken"),
    ]

    operations = [MakeFunction(HOLD), MakeFunction(WRITE)]
