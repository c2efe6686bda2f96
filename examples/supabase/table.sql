CREATE TABLE instances (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  company uuid NOT NULL,
  slug text NOT NULL UNIQUE,
  display_name text NOT NULL,
  state text NOT NULL DEFAULT 'disconnected',
  state_reason text,
  phone bigint,
  connected_at timestamptz,
  last_error jsonb,
  settings jsonb NOT NULL DEFAULT '{}',
  updated_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE instances ENABLE ROW LEVEL SECURITY;

-- People see the instances of their own company; the process that runs the sessions sees all, with its secret key.
CREATE POLICY "own company" ON instances FOR SELECT TO authenticated
  USING (company = (current_setting('request.jwt.claims', true)::json ->> 'company')::uuid);
