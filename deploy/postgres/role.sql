-- Run once, when the database server of docker-compose.yml is made: what the services use may make databases, and nothing more.
-- The superuser is left without a password, so that it can be had from inside its container alone.
\getenv password POSTGRES_PASSWORD
CREATE ROLE skillslab LOGIN CREATEDB PASSWORD :'password';
-- Whoever asks for something reads under this role, which owns nothing.
CREATE ROLE skillslab_reader NOLOGIN;
GRANT skillslab_reader TO skillslab;
ALTER ROLE postgres PASSWORD NULL;
