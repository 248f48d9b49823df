-- What the services of this machine use: it may make databases, and nothing more. Whoever asks for something reads under
-- skillslab_reader, which owns nothing. Run at each start; again is harmless.
SELECT 'CREATE ROLE skillslab_reader NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skillslab_reader')
\gexec
SELECT 'CREATE ROLE skillslab LOGIN CREATEDB' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'skillslab')
\gexec
\getenv password PASSWORD_OF_SERVICES
ALTER ROLE skillslab PASSWORD :'password';
GRANT skillslab_reader TO skillslab;
