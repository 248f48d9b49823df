-- Gives a database that was made as the superuser, and all that is in it, to the role that the services use.
SELECT format('ALTER DATABASE %I OWNER TO skillslab', current_database())
UNION ALL
SELECT format('ALTER SCHEMA %I OWNER TO skillslab', nspname) FROM pg_namespace WHERE nspname IN ('public', 'pgmq')
UNION ALL
SELECT format('ALTER %s %s OWNER TO skillslab',
              CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass)
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
 WHERE nspname IN ('public', 'pgmq') AND relkind IN ('r', 'p', 'v', 'S')
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') AND relkind = 'S')
UNION ALL
SELECT format('ALTER ROUTINE %s OWNER TO skillslab', p.oid::regprocedure)
  FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname IN ('public', 'pgmq')
UNION ALL
SELECT format('ALTER TYPE %s OWNER TO skillslab', t.oid::regtype)
  FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
 WHERE nspname IN ('public', 'pgmq') AND typtype = 'c'
   AND EXISTS (SELECT FROM pg_class c WHERE c.oid = typrelid AND relkind = 'c')
\gexec
