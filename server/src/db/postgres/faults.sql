-- What in the catalogue leaves a studio's data with less protection than it has to have: table, fault.
-- A table holds a studio's data when it lies in the schema `studio` or has a column `studio_id`, wherever it lies.
WITH guarded AS (
    SELECT c.oid, n.nspname AS schema, n.nspname || '.' || c.relname AS name, c.relrowsecurity, c.relforcerowsecurity,
           CASE n.nspname
               WHEN 'directory' THEN
                   '(studio_id = COALESCE(NULLIF(current_setting(''app.studio''::text, true), ''''::text), studio_id))'
               ELSE '(studio_id = NULLIF(current_setting(''app.studio''::text, true), ''''::text))'
           END AS own_studio
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
      AND (n.nspname = 'studio' OR EXISTS (
          SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'studio_id' AND NOT a.attisdropped))
), studio_column AS (
    SELECT a.attrelid, a.attnum, a.attnotnull, a.atttypid, pg_get_expr(d.adbin, d.adrelid) AS default_value
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attname = 'studio_id' AND NOT a.attisdropped
), app_roles AS (
    SELECT oid, rolname FROM pg_roles WHERE rolname IN ('frontdesk_studio', 'frontdesk_directory')
), granted AS (
    SELECT n.nspname AS schema, n.nspname || '.' || c.relname AS name, c.relkind, r.rolname, a.grantee,
           a.privilege_type AS privilege
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname IN ('studio', 'directory')
    CROSS JOIN aclexplode(c.relacl) a
    LEFT JOIN app_roles r ON r.oid = a.grantee
    WHERE a.grantee <> c.relowner
)
SELECT name, 'row-level security is off' AS fault FROM guarded WHERE NOT relrowsecurity
UNION ALL
SELECT name, 'row-level security does not bind its owner' FROM guarded WHERE NOT relforcerowsecurity
UNION ALL
SELECT name, 'no restrictive policy keeps everybody to the transaction''s studio' FROM guarded g
WHERE NOT EXISTS (
    SELECT FROM pg_policy p
    WHERE p.polrelid = g.oid AND NOT p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}'
      AND pg_get_expr(p.polqual, p.polrelid) = g.own_studio
      AND COALESCE(pg_get_expr(p.polwithcheck, p.polrelid), g.own_studio) = g.own_studio)
UNION ALL
SELECT g.name, 'a permissive policy for others than the role of its schema' FROM guarded g
JOIN pg_policy p ON p.polrelid = g.oid AND p.polpermissive
WHERE p.polroles <> ARRAY(SELECT oid FROM app_roles WHERE rolname = 'frontdesk_' || g.schema)
UNION ALL
SELECT g.name, 'studio_id is missing, or can be null, or is not text' FROM guarded g
WHERE NOT EXISTS (
    SELECT FROM studio_column s WHERE s.attrelid = g.oid AND s.attnotnull AND s.atttypid = 'text'::regtype)
UNION ALL
SELECT g.name, 'studio_id does not come from the transaction' FROM guarded g JOIN studio_column s ON s.attrelid = g.oid
WHERE g.schema <> 'directory'
  AND s.default_value IS DISTINCT FROM 'NULLIF(current_setting(''app.studio''::text, true), ''''::text)'
UNION ALL
SELECT g.name, 'no primary key' FROM guarded g
WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = g.oid AND i.indisprimary)
UNION ALL
SELECT g.name, 'an index that does not begin with studio_id: ' || i.indexrelid::regclass FROM guarded g
JOIN pg_index i ON i.indrelid = g.oid
LEFT JOIN studio_column s ON s.attrelid = g.oid
WHERE g.schema <> 'directory' AND i.indkey[0] IS DISTINCT FROM s.attnum
UNION ALL
SELECT g.name, 'a foreign key that can lead to another studio: ' || k.conname FROM guarded g
JOIN pg_constraint k ON k.conrelid = g.oid AND k.contype = 'f'
LEFT JOIN studio_column own ON own.attrelid = k.conrelid
LEFT JOIN studio_column other ON other.attrelid = k.confrelid
WHERE g.schema <> 'directory'
  AND (k.conkey[1] IS DISTINCT FROM own.attnum OR k.confkey[1] IS DISTINCT FROM other.attnum)
UNION ALL
-- A view asks as its owner unless told otherwise, and a materialised one holds what its owner saw.
SELECT n.nspname || '.' || c.relname, 'a view that asks as its owner' FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname IN ('studio', 'directory')
WHERE c.relkind = 'm'
   OR c.relkind = 'v' AND NOT COALESCE(c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)
UNION ALL
SELECT n.nspname || '.' || p.proname, 'a function that runs as its owner' FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname IN ('studio', 'directory')
WHERE p.prosecdef
UNION ALL
SELECT name, 'granted to everybody: ' || privilege FROM granted WHERE grantee = 0
UNION ALL
SELECT name, rolname || ' may ' || privilege FROM granted
WHERE rolname IS NOT NULL
  AND (rolname <> 'frontdesk_' || schema OR privilege IN ('TRUNCATE', 'REFERENCES', 'TRIGGER'))
UNION ALL
SELECT name, rolname || ' may ' || privilege || ', and it is append-only' FROM granted
WHERE name IN ('studio.audit_entry', 'studio.operation') AND privilege IN ('UPDATE', 'DELETE')
ORDER BY 1, 2
