-- Once a cluster, by a role that may make roles. Give the two that sign in a password or a certificate as your
-- pg_hba.conf wants it.

-- Owns the database and runs `frontdesk-server migrate`. Never serves.
CREATE ROLE frontdesk_migration LOGIN;

-- Serves. Has no right of its own: each transaction takes one of the two roles below.
CREATE ROLE frontdesk_server LOGIN NOINHERIT;

-- For the rows of one studio: nothing in the schema `directory`.
CREATE ROLE frontdesk_studio NOLOGIN;
-- For who may sign in: nothing in the schema `studio`.
CREATE ROLE frontdesk_directory NOLOGIN;
GRANT frontdesk_studio, frontdesk_directory TO frontdesk_server;
